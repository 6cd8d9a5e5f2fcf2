"""A moment: one state for all reads within it, and nothing written."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from registry.models import Repository
from registry.moments import moment, one_moment

pytestmark = pytest.mark.slow


def elsewhere(name: str) -> None:
    """Another connection adds a repository."""

    def add() -> None:
        Repository.objects.create(name=name)
        connection.close()

    thread = threading.Thread(target=add)
    thread.start()
    thread.join()


def count() -> int:
    return Repository.objects.count()


def test_moment__row_added_elsewhere__is_not_seen_until_it_ends(transactional_db: None) -> None:
    with moment():
        before = count()
        elsewhere("mine")
        within = count()

    assert (before, within, count()) == (0, 0, 1)


def test_moment__write__is_refused(transactional_db: None) -> None:
    with pytest.raises(InternalError, match="read-only"), moment():
        Repository.objects.create(name="mine")


def test_moment__within_a_transaction__is_that_transactions(transactional_db: None) -> None:
    with transaction.atomic(), moment():
        Repository.objects.create(name="mine")

    assert count() == 1


def test_one_moment__answer_rendered_late__is_rendered_within(transactional_db: None) -> None:
    seen = []

    class Late(SimpleTemplateResponse):
        @property
        def rendered_content(self) -> str:
            seen.append(count())
            return ""

    @one_moment
    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(count())
        elsewhere("mine")
        return Late("none.html")

    view(HttpRequest())

    assert seen == [0, 0]
