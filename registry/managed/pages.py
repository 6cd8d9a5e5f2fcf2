"""Pages of managed repositories: drafts in a list, one draft with its editor and review, and its checks while one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventplatform.core.errors import RejectedError
from registry.managed import drafting, drafts
from registry.managed import lookups as draft_lookups
from registry.managed import preview as draft_preview
from registry.managed import texts as draft_texts
from registry.managed.checks import Examination
from registry.managed.errors import DraftChangedError, DraftNotReadyError
from registry.models import Draft, Repository
from registry.schema.formats import mode_of

_PAGE = 50
_LISTS = {
    "open": "Open",
    "mine": "Mine",
    "review": "To review",
    "published": "Published",
    "withdrawn": "Withdrawn",
}
_BADGES = {
    "draft": ("unknown", "Draft", "edit"),
    "in_review": ("info", "In review", "comment"),
    "published": ("ok", "Published", "ok"),
    "withdrawn": ("paused", "Withdrawn", "close"),
}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The drafts, by what is to be done with them."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in _LISTS else "open"
    every = Draft.objects.select_related("repository", "author", "published")
    lists = {name: _list(every, name, request) for name in _LISTS}
    page = Paginator(lists[chosen], _PAGE).get_page(request.GET.get("page"))
    for draft in page:
        draft.version = draft_texts.version_in(draft.text)  # type: ignore[attr-defined]  # for this template alone
        draft.badge = _BADGES[draft.state]  # type: ignore[attr-defined]  # likewise
    context = {
        "page": page,
        "chosen": chosen,
        "lists": [(name, label, lists[name].count()) for name, label in _LISTS.items()],
        "repositories": Repository.objects.filter(kind=Repository.Kind.MANAGED),
        "why_no_start": drafts.why_no_start(draft_lookups.person(None, request.user)),
    }
    return render(request, "registry/drafts.html", context)


def _list(every: QuerySet[Draft], name: str, request: HttpRequest) -> QuerySet[Draft]:
    mine = Draft.objects.filter(author_id=request.user.pk) | Draft.objects.filter(editors=request.user.pk)
    if name == "mine":
        return every.filter(pk__in=mine.values("pk")) if request.user.is_authenticated else every.none()
    if name == "review":
        waiting = every.filter(state=Draft.State.IN_REVIEW)
        return waiting.exclude(pk__in=mine.values("pk")) if request.user.is_authenticated else waiting
    return every.filter(state__in=drafts.OPEN) if name == "open" else every.filter(state=name)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Begin a draft: of a new title, or of a known one's next version."""
    asked = request.POST if request.method == "POST" else request.GET
    title = asked.get("title", "").strip().strip("/")[:300]
    managed = Repository.objects.filter(kind=Repository.Kind.MANAGED)
    error: RejectedError | None = None
    if request.method == "POST":
        repository = get_object_or_404(managed, name=asked.get("repository", ""))
        try:
            draft = drafting.start(repository=repository, title=title, user=_user(request), source=asked.get("from", "")[:32])
        except RejectedError as refused:
            error = refused
        else:
            return redirect("schema-draft", draft.pk)
    owner = Repository.objects.filter(titles__name=title).first()
    context = {
        "managed": managed,
        "owner": owner,
        "is_elsewhere": owner is not None and owner.kind != Repository.Kind.MANAGED,
        "title": title,
        "source": asked.get("from", "")[:32],
        "versions": draft_lookups.versions_of(title),
        "others": Draft.objects.filter(title=title, state__in=drafts.OPEN).select_related("author") if title else (),
        "why_not": drafts.why_no_start(draft_lookups.person(None, request.user)),
        "error": error,
    }
    return render(request, "registry/draft_new.html", context, status=error.http_status if error else HTTPStatus.OK)


@require_safe
def detail(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """A draft: its text, what was found in it, what can be done and what was."""
    return _detail(request, _draft(draft_id))


@require_POST
def check(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """What would be found in a text that isn't saved yet; writes nothing."""
    draft = _draft(draft_id)
    if why_not := drafts.why_no_start(draft_lookups.person(draft, request.user)):
        return HttpResponse(why_not, status=HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")
    examination = draft_lookups.examined(draft, _text(request))
    return render(request, "registry/_draft_found.html", {"draft": draft, "is_live": True, **_found(examination)})


@require_POST
def act(request: HttpRequest, draft_id: int, verb: str) -> HttpResponseBase:
    """Do something to a draft; what is refused shows the page again with everything that was written."""
    draft = _draft(draft_id)
    if verb not in _VERBS:
        return redirect("schema-draft", draft.pk)
    try:
        said, place = _VERBS[verb](request, draft)
    except RejectedError as error:
        return _detail(request, _draft(draft_id), error)
    messages.success(request, said)
    return redirect(place or reverse("schema-draft", args=[draft.pk]))


def _save(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    reason = request.POST.get("reason", "").strip()
    drafting.edit(draft_id=draft.pk, text=_text(request), reason=reason, seen=_seen(request), user=_user(request))
    return "Saved", ""


def _submit(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    """Saves first: a text that can't be submitted yet is kept all the same."""
    _save(request, draft)
    saved = _draft(draft.pk)
    drafting.submit(draft_id=saved.pk, seen=saved.edit, user=_user(request))
    return "Submitted for review", ""


def _approve(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    version = drafting.approve(draft_id=draft.pk, seen=_seen(request), user=_user(request), comment=_comment(request))
    return f"Published {version.schema_id}", reverse("schema-version", args=[draft.title, version.version])


def _send_back(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    drafting.send_back(draft_id=draft.pk, seen=_seen(request), comment=_comment(request), user=_user(request))
    return "Sent back with your comment", ""


def _withdraw(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    drafting.withdraw(draft_id=draft.pk, seen=_seen(request), comment=_comment(request), user=_user(request))
    return "Withdrawn; its text and history stay", ""


def _take_base(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    base = request.POST.get("base", "")[:32]
    drafting.take_base(draft_id=draft.pk, base=base, seen=_seen(request), user=_user(request))
    return f"The draft holds what {base} changed", ""


_VERBS: Mapping[str, Callable[[HttpRequest, Draft], tuple[str, str]]] = {
    "save": _save,
    "submit": _submit,
    "approve": _approve,
    "return": _send_back,
    "withdraw": _withdraw,
    "base": _take_base,
}


def _detail(request: HttpRequest, draft: Draft, error: RejectedError | None = None) -> HttpResponseBase:
    written = _text(request) if "text" in request.POST else draft.text
    verbs = draft_lookups.verbs(draft, request.user)
    is_editing = verbs["edit"].is_allowed and (
        draft.state == Draft.State.DRAFT or "edit" in request.GET or written != draft.text
    )
    is_conflict = isinstance(error, DraftChangedError) and "text" in request.POST
    examination = draft_lookups.examined(draft, written) if draft.state in drafts.OPEN else None
    context = {
        "draft": draft,
        "version": draft_texts.version_in(draft.text),
        "badge": _BADGES[draft.state],
        "verbs": verbs,
        "steps": _steps(draft),
        "text": written,
        "lines": list(enumerate(written.splitlines(), 1)),
        "reason": request.POST.get("reason", draft.reason),
        "comment": _comment(request),
        "is_editing": is_editing,
        "is_dirty": written != draft.text,
        "error": error,
        "is_saved_anyway": isinstance(error, DraftNotReadyError) and not is_conflict and "text" in request.POST,
        "conflict": draft_preview.difference(draft.text, written) if is_conflict else (),
        "difference": draft_preview.difference(draft_lookups.current_text(draft.title, draft.base), written),
        "clone_url": request.build_absolute_uri(reverse("clone", args=[draft.repository.name])),
        **(_found(examination) if examination else {}),
    }
    return render(request, "registry/draft.html", context, status=error.http_status if error else HTTPStatus.OK)


def _found(examination: Examination) -> dict[str, Any]:
    preview = draft_preview.preview_of(examination, mode_of(settings.FORMAT_MODE))
    by_level = {level: [one for one in examination.remarks if one.level == level] for level in ("error", "warning", "waived")}
    return {"examination": examination, "by_level": by_level, "comparison": examination.comparison, **preview}


def _steps(draft: Draft) -> list[Any]:
    """What happened, newest first; of edits in a row by one person only the last."""
    steps: list[Any] = []
    for step in draft.steps.select_related("user"):
        is_more = steps and step.kind == "edited" == steps[-1].kind and step.user_id == steps[-1].user_id and not step.comment
        steps[-1:] = [step] if is_more else [*steps[-1:], step]
    return steps[::-1]


def _draft(draft_id: int) -> Draft:
    return get_object_or_404(Draft.objects.select_related("repository", "author", "published"), pk=draft_id)


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # the services refuse who isn't signed in


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n").replace("\0", "�")


def _seen(request: HttpRequest) -> int:
    word = request.POST.get("edit", "")
    return int(word) if word.isdecimal() and len(word) < 10 else -1  # noqa: PLR2004  # more digits than any draft has edits


def _comment(request: HttpRequest) -> str:
    return request.POST.get("comment", "").strip()[:2000]
