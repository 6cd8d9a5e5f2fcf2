"""The wizard that creates a stream: steps with addresses of their own, a review, and then a change request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventplatform.core.errors import PlatformError
from registry.schema.schema_set import SchemaSet
from streamconfig import lookups, services
from streamconfig.change_control import judging, outlook
from streamconfig.change_control.actors import of_user
from streamconfig.configuration.document import DocumentInvalidError, Entry
from streamconfig.models import ChangeRequest
from streamconfig.pages import wizard_forms
from streamconfig.pages.wizard_entry import entry_of
from streamconfig.pages.wizard_forms import STEPS, StepForm, stores_of

KEY = "new_stream"  # in the session
_REVIEW = "review"
_FOUND = 12
_ASKED = 5
_STEP_OF_PLACE = {"/schema_title": "schema", "/about": "about", "/sample": "sampling", "/windows": "sampling"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A step in the line of steps."""

    name: str
    title: str
    link: str
    is_current: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class FoundSchema:
    """A schema that the search found."""

    title: str
    version: str
    deprecated: str
    streams: int


@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """Go on where somebody stopped; a title in the address is chosen already."""
    title = request.GET.get("schema", "")[:200]
    if title and may_create(request):
        request.session[KEY] = {**_said(request), "schema": {"schema_title": title}}
        return redirect("stream-new-step", "about")
    return redirect("stream-new-step", _first_open(_said(request)))


@require_POST
def restart(request: HttpRequest) -> HttpResponseBase:
    """Forget what was typed."""
    request.session.pop(KEY, None)
    return redirect("stream-new")


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, name: str) -> HttpResponseBase:
    """One step; a post that is fine leads to the next."""
    if name not in STEPS:
        raise Http404(f"The wizard has no step {name[:20]}.")
    if not may_create(request):
        return forbidden(request)
    said, snapshot = _said(request), lookups.snapshot()
    form_type = STEPS[name][1]
    if request.method == "POST":
        form = form_type(request.POST, snapshot=snapshot, said=said)
        if form.is_valid():
            request.session[KEY] = {**said, name: form.kept()}
            return redirect(*_after(name))
    else:
        form = form_type(initial=said.get(name), snapshot=snapshot, said=said)
    context = {"form": form, "said": said, "stages": _stages(said, name), "step": name, **_facts(request, name, form)}
    return render(request, f"streamconfig/wizard_{name}.html", context)


def _facts(request: HttpRequest, name: str, form: StepForm) -> dict[str, Any]:
    """What a step shows beside its fields."""
    title = str(form.said.get("schema", {}).get("schema_title", ""))
    if name == "schema":
        words = request.GET.get("q", "")[:200]
        chosen = str(request.GET.get("schema_title") or form["schema_title"].value() or "")[:200]
        return {"q": words, "chosen": chosen, "found": found_schemas(form.snapshot.schemas, words, chosen)}
    if name == "about":
        return {"schema_title": title, **_name_facts(str(form["name"].value() or ""), title)}
    return {"schema_title": title}


def found_schemas(schemas: SchemaSet, words: str, chosen: str = "") -> list[FoundSchema]:
    """The titles in which every word occurs, those that are meant for streams first; before them the one that is chosen."""
    wanted = words.lower().split()
    titles = [title for title in schemas.titles() if all(word in title.lower() for word in wanted)]
    titles = sorted(titles, key=lambda title: (_is_hardly_meant(schemas, title), title))[:_FOUND]
    found = []
    for title in dict.fromkeys([*([chosen] if schemas.has_title(chosen) else []), *titles]):
        why = schemas.deprecation(title)
        text = f"{why.reason.rstrip('. ')}. {f'Use {why.replacement} instead.' if why.replacement else ''}" if why else ""
        found.append(FoundSchema(title, schemas.versions(title)[-1], text, len(lookups.streams_of_title(title))))
    return found


def _is_hardly_meant(schemas: SchemaSet, title: str) -> bool:
    """Deprecated, or a fragment that others are built of."""
    return schemas.deprecation(title) is not None or title.startswith("fragment/")


@require_safe
def name_check(request: HttpRequest) -> HttpResponseBase:
    """While one types: whether a name is possible and free, its topics, and what it could be."""
    name = request.GET.get("name", "").strip()[:300]
    title = str(_said(request).get("schema", {}).get("schema_title", ""))
    return render(request, "streamconfig/_name_check.html", _name_facts(name, title))


def _name_facts(name: str, title: str) -> dict[str, Any]:
    streams = lookups.snapshot().stream_set
    covering = streams.configured(name) if name else None
    taken = {one.entry.name for one in streams.entries}
    problem = wizard_forms.name_problem(name) if name else ""
    entry = Entry(name, {"schema_title": title or "x"})
    return {
        "typed": name,
        "problem": problem,
        "pattern": covering.entry.name if covering and covering.pattern and not problem else "",
        "topics": () if problem or not name else _topics(entry),
        "suggestions": wizard_forms.suggested_names(title, taken),
    }


def _topics(entry: Entry) -> Sequence[str]:
    document = lookups.snapshot().stream_set.document
    made = type(lookups.snapshot().stream_set)(document.without([e.name for e in document.entries]).with_entries([entry]))
    stream = made.streams.get(entry.name)
    return stream.topics if stream else ()


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponseBase:
    """What it would do, who must approve; a post asks for it."""
    if not may_create(request):
        return forbidden(request)
    said = _said(request)
    if _first_open(said) != _REVIEW:
        return redirect("stream-new-step", _first_open(said))
    entry = entry_of(said, stores_of(str(said["about"]["name"])))
    error: PlatformError | None = None
    if request.method == "POST":
        try:
            made = _propose(request, entry)
            request.session.pop(KEY, None)
            return redirect("stream-new-followed", made)
        except PlatformError as refused:
            error = refused
    context = {"entry": entry, "said": said, "stages": _stages(said, _REVIEW), "step": _REVIEW, **_outcome(entry, error)}
    return render(request, "streamconfig/wizard_review.html", context, status=error.http_status if error else 200)


def _propose(request: HttpRequest, entry: Entry) -> int:
    title = str(entry.settings.get("schema_title"))
    outcome = services.propose(
        services.with_stream(entry, is_new=True),
        by=of_user(request.user),
        title=f"Create the stream {entry.name}",
        reason=request.POST.get("reason", "").strip()[:1000] or f"A new stream of {title}: {entry.about.purpose}",
        source=ChangeRequest.Source.PAGE,
    )
    if outcome is None:
        raise services.StreamExistsError(name=entry.name)
    return int(outcome.request.pk)


def _outcome(entry: Entry, error: PlatformError | None) -> dict[str, Any]:
    """Problems with the step that mends each, effects, and the approvals that policies want."""
    problems = []
    try:
        services.check_stream(entry)
    except DocumentInvalidError as refused:
        problems = [(one, _step_of(one.pointer)) for one in refused.problems]
    seen: Mapping[str, Any] = {"effects": (), "requirements": ()}
    if not problems and lookups.current_document().get(entry.name) is None:
        changes = services.changes_of(services.with_stream(entry, is_new=True))
        look = outlook.of_changes(tuple(changes), lookups.current_document(), lookups.newest_revision())
        seen = {"effects": look.effects, "requirements": judging.wanted(look, ChangeRequest.Source.PAGE)}
    return {"problems": problems, "error": error, "topics": _topics(entry), "document": {entry.name: entry.as_json()}, **seen}


def _step_of(pointer: str) -> str:
    return next((name for place, name in _STEP_OF_PLACE.items() if pointer.startswith(place)), "stores")


def may_create(request: HttpRequest) -> bool:
    """Whether somebody may create streams: a new one is wired to a schema, a service and topics."""
    return request.user.has_perm("streamconfig.wire_stream")


def forbidden(request: HttpRequest) -> HttpResponseBase:
    """Why not, and whom to ask."""
    wiring = Q(groups__permissions__codename="wire_stream") | Q(user_permissions__codename="wire_stream")
    engineers = get_user_model().objects.filter(wiring, is_active=True).distinct().order_by("username")[:_ASKED]
    context = {"engineers": [user.get_full_name() or user.get_username() for user in engineers]}
    return render(request, "streamconfig/wizard_forbidden.html", context, status=403)


def _said(request: HttpRequest) -> dict[str, dict[str, Any]]:
    said = request.session.get(KEY)
    return dict(said) if isinstance(said, dict) else {}


def _first_open(said: Mapping[str, Any]) -> str:
    return next((name for name in STEPS if name not in said), _REVIEW)


def _after(name: str) -> tuple[str, ...]:
    names = list(STEPS)
    position = names.index(name) + 1
    return ("stream-new-step", names[position]) if position < len(names) else ("stream-new-review",)


def _stages(said: Mapping[str, Any], current: str) -> list[Stage]:
    found = [
        Stage(name, title, reverse("stream-new-step", args=[name]), name == current, name in said)
        for name, (title, _) in STEPS.items()
    ]
    return [*found, Stage(_REVIEW, "Review", reverse("stream-new-review"), current == _REVIEW, is_done=False)]
