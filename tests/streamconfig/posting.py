"""What a browser would post to the admin: the fields of a form as they stand, but those that are disabled; and by whom."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from monitoring.demo_users import ensure_groups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest
from tests import configuring

Fields = dict[str, list[str]]


class _Form(HTMLParser):
    """The fields of the form of one id; what stands in a template is no field yet."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.fields: Fields = {}
        self.is_in_form = False
        self.templates = 0
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        self.is_in_form = self.is_in_form or (tag == "form" and self.form_id in (facts.get("id"), facts.get("class")))
        self.templates += tag == "template"
        if not self.is_in_form or self.templates or "disabled" in facts:
            return
        name = facts.get("name") or ""
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in facts or self.select not in self.fields):
            self.fields[self.select] = [facts.get("value") or ""]
        elif tag == "textarea":
            self.textarea = name
            self.fields[name] = [""]
        elif tag == "input" and name and facts.get("type") not in {"submit", "button"}:
            self._input(name, facts)

    def _input(self, name: str, facts: dict[str, str | None]) -> None:
        value = facts.get("value")
        if facts.get("type") == "checkbox":
            if "checked" in facts:
                self.fields.setdefault(name, []).append("on" if value is None else value)
        else:
            self.fields.setdefault(name, []).append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.templates -= tag == "template"
        self.is_in_form = self.is_in_form and tag != "form"
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.fields[self.textarea][0] += data


def form_of(page: Any, form_id: str) -> Fields:
    """The fields of a form of a page."""
    parser = _Form(form_id)
    parser.feed(page.content.decode())
    fields = {name: [one.removeprefix("\n") for one in values] for name, values in parser.fields.items()}
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def post(client: Client, path: str, form_id: str, /, **changes: Any) -> HttpResponse:
    """Open the form, change some of its fields (None: not sent), and send it."""
    fields = form_of(client.get(path), form_id)
    return send(client, path, fields, **changes)


def send(client: Client, path: str, fields: Fields, /, **changes: Any) -> HttpResponse:
    """Send fields that were opened before."""
    wanted = {
        **fields,
        **{name: value if value is None or isinstance(value, list) else [value] for name, value in changes.items()},
    }
    return client.post(path, {name: value for name, value in wanted.items() if value is not None}, follow=True)  # type: ignore[return-value]  # with a chain


def errors(response: Any) -> dict[str, list[str]]:
    """What the form says at its fields; `__all__` above them."""
    return {name: list(map(str, told)) for name, told in response.context["adminform"].form.errors.items()}


def said(response: Any) -> str:
    """The page's messages."""
    return " ".join(str(message) for message in response.context["messages"])


def user(role: str, *teams: str) -> User:
    """Somebody of a role, and of teams."""
    ensure_groups()
    made = User.objects.create_user(f"{role} {' '.join(teams)}".strip(), is_staff=True)
    made.groups.add(Group.objects.get(name=role), *(Group.objects.get_or_create(name=f"team: {one}")[0] for one in teams))
    return made


def add_page(kind: str) -> str:
    return reverse(f"admin:streamconfig_{kind}_add")


def proposed() -> ChangeRequest:
    return ChangeRequest.objects.order_by("-pk")[0]


def approved() -> None:
    """The newest request, by as many as it needs."""
    for name in configuring.APPROVERS:
        request = proposed()
        if request.state == ChangeRequest.State.IN_REVIEW:
            requests.approve(request.pk, by=of_user(configuring.approver(name)), seen=request.edit)


def leaves(request: ChangeRequest) -> dict[str, Any]:
    return {one.path: one.becomes for change in request.changes for one in change.fields}
