"""Tables after a test that commits: empty, also of what a trigger guards, and guarded again."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import ProgrammingError

from streamconfig.models import Revision
from tests import configuring
from tests.streamconfig import wishing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_flush__revisions_that_never_change__are_gone_and_the_next_is_guarded() -> None:
    configuring.configure(wishing.DOCUMENT)

    call_command("flush", interactive=False, reset_sequences=False, verbosity=0)

    assert not Revision.objects.exists()
    configuring.configure(wishing.DOCUMENT)
    with pytest.raises(ProgrammingError, match="never change"):
        Revision.objects.all().delete()
