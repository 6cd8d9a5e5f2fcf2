"""What a schema's address leads to where nothing is published at it: what was meant, or a page that says what there is."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from registry.models import SchemaTitle, SchemaVersion

_NEAR = 5
_LATEST = "latest"  # the newest version's name among files
_MAX_SHOWN = 200


def answer(request: HttpRequest, title: str, version: str, history: Sequence[SchemaVersion]) -> HttpResponseBase:
    """Where an address was meant to lead: a slash too many, `latest` as among files, a folder of titles; else 404."""
    name = title.strip("/")
    folder, _, last = name.rpartition("/")
    if last == _LATEST and SchemaTitle.objects.filter(name=folder).exists():
        return redirect("schema", folder)
    if name and name != title:
        query = request.GET.urlencode()
        return redirect(f"{reverse('schema', args=[name])}{'?' if query else ''}{query}")
    if not history and SchemaTitle.objects.filter(name__startswith=f"{name}/").exists():
        return redirect(f"{reverse('schemas')}?{urlencode({'q': f'{name}/'})}")
    context = {
        "name": name[:_MAX_SHOWN],
        "version": version,
        "history": history,
        "near": [] if history else _near(last),
    }
    return render(request, "registry/missing.html", context, status=HTTPStatus.NOT_FOUND)


def _near(name: str) -> Sequence[str]:
    """Titles that have the last part of an address in them."""
    titles = SchemaTitle.objects.filter(name__contains=name.lower()).order_by("name")
    return list(titles.values_list("name", flat=True)[:_NEAR]) if name else []
