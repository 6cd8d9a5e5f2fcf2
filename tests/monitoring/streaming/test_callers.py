"""Who asks, told by a token or a session of the platform's own."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from monitoring.streaming.callers import caller_of
from monitoring.streaming.errors import TokenUnknownError
from monitoring.streaming.offers import STRANGER, Caller
from streamconfig import accounts

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def ada() -> User:
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.get_or_create(name="team: web")[0], Group.objects.get_or_create(name="editors")[0])
    return user


def test_caller__token__acts_as_its_owner_with_teams(ada: User) -> None:
    made = accounts.make_token(ada, name="reader", days=1)

    assert caller_of(f"Bearer {made.secret}", "") == Caller(user=ada.pk, teams=frozenset({"web"}))


def test_caller__with_the_right__may_see_personal_data(ada: User) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="see_personal_data"))
    made = accounts.make_token(ada, name="reader", days=1)

    assert caller_of(f"bearer {made.secret}", "").may_see_personal


def test_caller__revoked_token_or_inactive_owner__refused(ada: User) -> None:
    made = accounts.make_token(ada, name="reader", days=1)
    accounts.revoke_token(ada, made.row.pk)
    other = accounts.make_token(ada, name="other", days=1)
    ada.is_active = False
    ada.save()

    for secret in (made.secret, other.secret, "nonsense", ""):
        with pytest.raises(TokenUnknownError):
            caller_of(f"Bearer {secret}", "")


def test_caller__session__is_the_person_signed_in(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    cookie = f"other=1; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    assert caller_of("", cookie).user == ada.pk
    client.logout()
    assert caller_of("", cookie) == STRANGER


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=nonsense", "a;b;;=", "\0"])
def test_caller__no_session__is_a_stranger(cookie: str) -> None:
    assert caller_of("", cookie) == STRANGER
