"""Pages that take configuration in, from a file or another wiki, after a dry run; and give it out in every form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from eventplatform.core.errors import PlatformError
from streamconfig import lookups
from streamconfig.change_control import imports, requests
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.errors import RequestForbiddenError
from streamconfig.change_control.imports import Trial
from streamconfig.change_control.requests import Source
from streamconfig.configuration.changes import from_json
from streamconfig.exchange import files
from streamconfig.exchange.errors import TooLargeError, UnreadableError
from streamconfig.pages import changes_words
from streamconfig.pages.wizard import may_create

_SALT = "streamconfig.import"
_KEPT_FOR = timedelta(hours=2)  # between the dry run and the request
_MAX_TOKEN = 1_900_000  # of the two megabytes that a form may have
_SHOWN = 40  # items of a dry run, and findings


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody wants to import: where it is from, its content and how to read it."""

    name: str
    content: bytes
    form: str
    is_complete: bool


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponseBase:
    """The form; posted, the dry run; posted again from there, the change request."""
    if not may_create(request):
        return render(request, "streamconfig/exchange/forbidden.html", status=HTTPStatus.FORBIDDEN)
    context: dict[str, Any] = {"forms": files.FORMS.items(), "asked": request.POST}
    if request.method != "POST":
        return render(request, "streamconfig/exchange/import.html", context)
    try:
        if request.POST.get("do") == "propose":
            return redirect("change", _proposed(request))
        context |= _tried(request, _asked(request))
    except PlatformError as refused:
        context["error"] = refused
    error = context.get("error")
    return render(request, "streamconfig/exchange/import.html", context, status=error.http_status if error else HTTPStatus.OK)


def _asked(request: HttpRequest) -> _Asked:
    upload, url = request.FILES.get("file"), request.POST.get("url", "").strip()
    if isinstance(upload, UploadedFile):
        if (upload.size or 0) > files.MAX_BYTES:
            raise TooLargeError(f"The file has {upload.size} bytes, more than {files.MAX_BYTES}.")
        name, content = (upload.name or "file")[:100], upload.read()
        form = request.POST.get("form") or files.form_of(name, content)
    elif url:
        name, content, form = url[:200], imports.fetched(url), "json"
    else:
        raise UnreadableError("Choose a file, or name the address of a wiki's api.php.")
    return _Asked(name, content, form, request.POST.get("complete") == "1")


def _tried(request: HttpRequest, asked: _Asked) -> dict[str, Any]:
    trial = imports.of_file(asked.content, form=asked.form, by=of_user(request.user), is_complete=asked.is_complete)
    counts = Counter(change.kind for change in trial.changes)
    return {
        "trial": trial,
        "name": asked.name,
        "form": files.FORMS.get(asked.form, asked.form),
        "counts": [(counts[kind], kind) for kind in ("added", "changed", "removed", "moved") if counts[kind]],
        "told": changes_words.told(trial.changes[:_SHOWN]),
        "more": max(0, len(trial.changes) - _SHOWN),
        "findings": trial.findings[:_SHOWN],
        "more_findings": max(0, len(trial.findings) - _SHOWN),
        "token": _token(request, trial, asked.name) if trial.is_fine else "",
    }


def _token(request: HttpRequest, trial: Trial, name: str) -> str:
    """What was shown, signed: exactly that is asked for, whatever the file or the other wiki says meanwhile."""
    said = {
        "changes": [one.as_json() for one in trial.changes],
        "revision": trial.revision,
        "name": name,
        "user": request.user.pk,
    }
    token = signing.dumps(said, salt=_SALT, compress=True)
    if len(token) > _MAX_TOKEN:
        raise TooLargeError("That is more than a page can ask for at once. Use `manage.py import_streams`.")
    return token


def _proposed(request: HttpRequest) -> int:
    """Ask for what the dry run showed; the number of the request."""
    try:
        said: Mapping[str, Any] = signing.loads(request.POST.get("token", ""), salt=_SALT, max_age=_KEPT_FOR)
    except signing.BadSignature:
        raise UnreadableError("The dry run is too old, or isn't one. Make it again.") from None
    if said["user"] != request.user.pk:
        raise RequestForbiddenError(why_not="Somebody else made this dry run.")
    outcome = requests.propose(
        by=of_user(request.user),
        changes=from_json(said["changes"]),
        title=request.POST.get("title", "").strip() or f"Import of {said['name']}",
        reason=request.POST.get("reason", "").strip()[:1000],
        source=Source.IMPORT,
        base_revision=said["revision"],
    )
    return int(outcome.request.pk)


@require_safe
def give_out(request: HttpRequest) -> HttpResponseBase:
    """The choice of forms, or the file in the one that the address names."""
    form = request.GET.get("form", "")
    snapshot = lookups.snapshot()
    if form not in files.FORMS:
        context = {
            "forms": files.FORMS.items(),
            "count": len(snapshot.stream_set),
            "revision": snapshot.revision,
            "may_import": may_create(request),
        }
        return render(request, "streamconfig/exchange/export.html", context)
    response = HttpResponse(files.write(snapshot.document, form), content_type=f"{files.TYPES[form]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="streams-{snapshot.revision}.{form}"'
    response["Cache-Control"] = "no-cache"
    return response
