"""The pages of error codes, which every answer of the intake links to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventplatform.error_codes import ErrorCode, error_codes

_MEANINGS = {
    "rejected": "The event or the request is at fault: the same again is refused again.",
    "retriable": "The world is at fault for the moment: send the same again, after the time that Retry-After names.",
    "fatal": "Going on would do harm: an operator decides.",
    "": "A fault of the platform's own.",
}
_MAX_WORDS = 100


@require_safe
def error_list(request: HttpRequest) -> HttpResponse:
    """All codes, by what they are about; or those that hold every word of a search."""
    words = request.GET.get("q", "")[:_MAX_WORDS]
    groups: dict[str, list[ErrorCode]] = {}
    for one in (one for same in error_codes().values() for one in same):
        if _holds(one, words):
            groups.setdefault(one.noun, []).append(one)
    context = {"groups": sorted(groups.items()), "words": words, "total": len(error_codes())}
    return render(request, "monitoring/errors.html", context)


@require_safe
def error_code(request: HttpRequest, code: str) -> HttpResponse:
    """What one code means, and what to do."""
    found = error_codes().get(code)
    if found is None:
        raise Http404
    near = [one for one in error_codes() if one != code and one.startswith(f"{found[0].noun}.")]
    meaning = _MEANINGS[found[0].family]
    return render(request, "monitoring/error.html", {"code": code, "errors": found, "meaning": meaning, "near": near})


def _holds(one: ErrorCode, words: str) -> bool:
    text = f"{one.code} {one.about} {one.message} {one.remedy}".lower()
    return all(word in text for word in words.lower().split())
