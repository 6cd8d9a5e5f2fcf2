"""What belongs to single people: the tokens of their programs, and the mails that they don't want."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from streamconfig.models import ApiToken, MailChoice
from streamconfig.notifying.kinds import KINDS

MOST_DAYS = 365
MOST_TOKENS = 20  # of one person
_BEGIN = "ep_"
_SHOWN = 10
_USE_IS_WRITTEN_EVERY = timedelta(minutes=1)


class TokenRefusedError(RejectedError):
    """A token can't be made so."""

    code = "token.refused"
    message = "{reason}"
    remedy = "Give it a name and 1 to 365 days; revoke those that nobody uses."


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; `secret` is shown once."""

    row: ApiToken
    secret: str = field(repr=False)


def make_token(user: Any, *, name: str, days: int) -> Made:
    """A token that lets a program act as `user`.

    Raises:
        TokenRefusedError: it has no name, would last too long, or there are too many.
    """
    if not name.strip() or "\0" in name:
        raise TokenRefusedError(reason="A token needs a name that says what it is for.")
    if not 1 <= days <= MOST_DAYS:
        raise TokenRefusedError(reason=f"A token lasts 1 to {MOST_DAYS} days.")
    if ApiToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise TokenRefusedError(reason=f"You have {MOST_TOKENS} tokens already.")
    secret = _BEGIN + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user,
        name=name.strip()[:100],
        prefix=secret[:_SHOWN],
        hash=_hash(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    return Made(row, secret)


def owner_of(secret: str) -> Any:
    """Whom a token acts as; None where it is none, has expired, or its owner may not log in any more."""
    if not secret.startswith(_BEGIN):
        return None
    now = timezone.now()
    valid = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), hash=_hash(secret), user__is_active=True)
    row = valid.select_related("user").first()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > _USE_IS_WRITTEN_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.user


def revoke_token(user: Any, number: int) -> bool:
    """Take back one of a person's own tokens; False where there is none of that number."""
    return bool(ApiToken.objects.filter(user=user, pk=number).delete()[0])


def _hash(secret: str) -> str:
    # 256 random bits can't be guessed, so one fast hash is as good as a slow one, and cheap for each request.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def muted_kinds(user: Any) -> frozenset[str]:
    """The kinds of messages that a person wants no mail for."""
    row = MailChoice.objects.filter(user=user).first()
    return frozenset(row.muted if row else ())


def mute(user: Any, kinds: Collection[str]) -> None:
    """Send a person no more mail of these kinds, and of all others again."""
    MailChoice.objects.update_or_create(user=user, defaults={"muted": sorted({*kinds} & KINDS.keys())})
