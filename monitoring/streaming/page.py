"""The two pages of the role: choose streams and see their events; and what can be asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.template.loader import render_to_string

from monitoring.streaming import filters
from monitoring.streaming.description import PARAMETERS
from monitoring.streaming.offers import Offered

_TAKEN = ("since", "filter", "fields", "canaries")


def ui(offered: Sequence[Offered], chosen: Iterable[tuple[str, str]], *, is_signed_in: bool) -> bytes:
    """The page with a form of all streams that this person may read, and the address of what is chosen."""
    pairs = [*chosen]
    names = [part for name, value in pairs if name == "streams" for part in value.split(",")]
    known = sorted(one.stream.name for one in offered)
    wanted = [name for name in dict.fromkeys(names) if name in known]
    query = urlencode([(name, value) for name, value in pairs if name in _TAKEN])
    address = f"/v2/stream/{quote(','.join(wanted), safe=',')}{'?' if query else ''}{query}" if wanted else ""
    first = {name: value for name, value in reversed(pairs) if name in _TAKEN}
    context = {
        "streams": [{"name": name, "is_chosen": name in wanted} for name in known],
        "address": address,
        "curl": f"curl -sSN {shlex.quote(settings.STREAM_URL + address)}" if address else "",
        "first": first,
        "operators": filters.OPERATORS.items(),
        "is_signed_in": is_signed_in,
        "home": settings.PUBLIC_URL,
    }
    return render_to_string("monitoring/stream_ui.html", context).encode()


def doc(description: Mapping[str, Any]) -> bytes:
    """What can be asked for, in words."""
    answers = next(iter(description["paths"].values()))["get"]["responses"]
    names = [path.removeprefix("/v2/stream/") for path in description["paths"] if "{" not in path]
    context = {
        "info": description["info"],
        "streams": names,
        "parameters": [{**one, "description": _plain(one["description"])} for one in PARAMETERS],
        "answers": [(status, _plain(one["description"])) for status, one in answers.items()],
        "url": settings.STREAM_URL,
    }
    return render_to_string("monitoring/stream_doc.html", context).encode()


def _plain(text: str) -> str:
    """Without the marks of code, which OpenAPI's readers show as such."""
    return text.replace("`", "")
