"""Asks a live registry what it would say of this repository's files, before they are merged; nothing is written there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from eventplatform.core.errors import RejectedError
from eventschemas import elsewhere
from eventschemas.located import Located

_PATH = "/api/v1/schemas/check"


class AnswerError(RejectedError):
    """The address answers something else than a registry does."""

    code = "registry.answer"
    message = "{address} doesn't answer as a registry does."
    remedy = "Give the platform's own address, as https://events.example.org"


def ask(registry: str, repository: str, files: Mapping[str, str], token: str = "") -> list[Located]:
    """What the registry finds in `files` (text by path from the repository's root), were they the repository's.

    `token` is an account's `name:password`, or what a proxy before the registry takes as a bearer's token.

    Raises:
        ElsewhereError: the registry can't be asked.
        AnswerError: it is none.
    """
    address = registry.rstrip("/") + _PATH
    body = json.dumps({"repository": repository, "files": dict(files)}).encode()
    headers = {"Content-Type": "application/json", **({"Authorization": _authorization(token)} if token else {})}
    answer = elsewhere.fetch(address, body, headers)
    try:
        found = json.loads(answer or "")
        return [_located(one) for name in ("problems", "findings") for one in found.get(name, ())]
    except (ValueError, KeyError, AttributeError, TypeError):
        raise AnswerError(address=address) from None


def _authorization(token: str) -> str:
    return f"Basic {base64.b64encode(token.encode()).decode()}" if ":" in token else f"Bearer {token}"


def _located(one: Mapping[str, Any]) -> Located:
    return Located(
        path=str(one["path"]),
        line=int(one.get("line") or 1),
        level="warning" if one.get("level") == "warning" else "error",
        code=str(one["code"]),
        message=str(one["message"]),
        remedy=str(one.get("remedy", "")),
        pointer=str(one.get("pointer", "")),
        waived=str((one.get("waived") or {}).get("reason", "")),
    )
