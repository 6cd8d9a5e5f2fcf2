"""Who asks for a stream, by what the rest of the platform knows people by: a token, or the session of a browser."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.http import HttpRequest

from eventplatform.core.errors import RetriableError
from monitoring import personal
from monitoring.streaming.errors import TokenUnknownError
from monitoring.streaming.offers import STRANGER, Caller
from streamconfig.lookups import owner_of_token

_TEAM = "team: "  # a group of this name and a team's key holds the team's people


class AccountsAwayError(RetriableError):
    """Who asks can't be looked up: the database is away."""

    code = "stream_out.accounts_away"
    message = "Accounts can't be looked up at the moment."
    remedy = "Try again after the time that Retry-After names; public streams are given without a token meanwhile."


def caller_of(authorization: str, cookie: str) -> Caller:
    """Whoever has this token or session; a stranger where there is neither, or the session is over. Asks the database.

    Raises:
        TokenUnknownError: a token was shown that is none.
        AccountsAwayError: the database is away.
    """
    word, _, secret = authorization.partition(" ")
    try:
        if word.lower() == "bearer":
            user = owner_of_token(secret.strip())
            if user is None:
                raise TokenUnknownError
            return _caller(user)
        user = _of_session(cookie)
        return STRANGER if user is None else _caller(user)
    except DatabaseError as error:
        raise AccountsAwayError from error


def _of_session(cookie: str) -> Any:
    try:
        found = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if found is None or not found.value:
        return None
    request = HttpRequest()
    request.session = SessionStore(found.value)
    user = get_user(request)
    return user if user.is_authenticated and user.is_active else None


def _caller(user: Any) -> Caller:
    names = user.groups.values_list("name", flat=True)
    return Caller(
        user=user.pk,
        teams=frozenset(name.removeprefix(_TEAM) for name in names if name.startswith(_TEAM)),
        may_see_personal=user.has_perm(personal.PERMISSION),
        is_superuser=user.is_superuser,
    )
