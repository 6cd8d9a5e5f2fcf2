"""The form of a repository: where it is, what opens it, by which rules; secrets go in and never come out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from unfold import widgets

from eventplatform.admin_base import Select
from eventplatform.core.errors import PlatformError
from registry.git import addresses
from registry.git.addresses import Address
from registry.git.credentials import FIELDS, Credentials
from registry.git.errors import BadCredentialsError
from registry.models import Repository
from registry.repositories import pulling
from registry.schema_admin import LIFECYCLE, LifecycleForm

_KINDS = {kind.value: kind.label for kind in Repository.Kind}
_SHORTEST_INTERVAL = 10


class _Secret(widgets.UnfoldAdminTextareaWidget):  # type: ignore[misc]  # unfold ships no types
    """Several lines that are never shown again, not even where the form comes back with an error."""

    def format_value(self, value: Any) -> str:  # noqa: ARG002  # Django's signature
        return ""


def _secret(label: str, help_text: str, *, is_long: bool = False) -> forms.CharField:
    attributes = {"autocomplete": "new-password", "spellcheck": "false"}
    widget = _Secret({**attributes, "rows": 4}) if is_long else widgets.UnfoldAdminPasswordWidget(attributes)
    return forms.CharField(label=label, help_text=help_text, required=False, strip=is_long, max_length=20_000, widget=widget)


def _clear(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=widgets.UnfoldBooleanWidget)


class RepositoryForm(LifecycleForm):
    """A repository. `credentials` and `webhook` are what is to be kept of the secrets; None: what is kept already."""

    kind = forms.ChoiceField(
        widget=Select,
        initial=Repository.Kind.GIT,
        help_text="Git: pulled from a server. Managed here: written on this platform.",
    )
    username = _secret("User name", "Of https; a token alone needs none.")
    password = _secret("Password or token", "Of https.")
    private_key = _secret("Private key", "Of ssh, in OpenSSH's form and without a passphrase.", is_long=True)
    known_hosts = _secret("Known hosts", "Of ssh: the host's lines, as ssh-keyscan prints them; compare them.", is_long=True)
    clear_credentials = _clear("Forget the credentials")
    webhook_key = _secret("Webhook secret", "The same text as at the git server.")
    clear_webhook = _clear("Forget the webhook secret")

    class Meta:
        model = Repository
        fields = (
            *("name", "kind", "url", "branch", "schema_folder", "is_enabled", "interval_seconds"),
            *("role", "order", "compatibility", "profile", "enforcement", *LIFECYCLE),
        )
        labels: ClassVar[dict[str, str]] = {
            "url": "URL or path",
            "schema_folder": "Folder",
            "is_enabled": "Pulled",
            "interval_seconds": "Interval in seconds",
        }
        help_texts: ClassVar[dict[str, str]] = {"name": "Part of its addresses: /repositories/NAME/jsonschema/…"}

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.credentials: Credentials | None = None
        self.webhook: str | None = None
        if "kind" not in self.fields:  # somebody who may only look gets a form without fields
            return
        self._was = (self.instance.url, self.instance.kind) if self.instance.pk else ("", "")
        self.fields["kind"].choices = [(kind, _KINDS[kind]) for kind in self._kinds()]  # type: ignore[attr-defined]  # a ChoiceField
        self._kept = self._read_kept()
        for name in FIELDS:
            self._tell(name, is_set=bool(self._kept.kept().get(name)))
        self._tell("webhook_key", is_set=bool(self.instance.webhook_secret))

    def clean_interval_seconds(self) -> int:
        seconds: int = self.cleaned_data["interval_seconds"]
        if 0 < seconds < _SHORTEST_INTERVAL:
            raise forms.ValidationError(f"Write 0, or at least {_SHORTEST_INTERVAL} seconds.", code="repository.interval")
        return seconds

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["schema_folder"] = self._checked("schema_folder", lambda: addresses.check_folder(cleaned["schema_folder"]))
        if cleaned.get("kind") != Repository.Kind.GIT:
            return cleaned
        self._checked("branch", lambda: addresses.check_branch(cleaned["branch"]))
        address = self._checked("url", lambda: addresses.address_of(cleaned.get("url", ""), pulling.rules()))
        if address is not None:
            self._clean_secrets(cleaned, address)
        return cleaned

    def _clean_secrets(self, cleaned: dict[str, Any], address: Address) -> None:
        typed = {name: cleaned[name] for name in FIELDS if cleaned.get(name)}
        is_emptied = bool(cleaned.get("clear_credentials"))
        kept = {} if is_emptied else self._kept.kept()
        if kept and not self._is_same_host(address):
            kept = {}
            if not typed:
                self._checked("password", _refuse_another_host)
        if typed or is_emptied:
            self.credentials = Credentials.of({**kept, **typed})
        self._checked("password", lambda: Credentials.of({**kept, **typed}).check(address.transport))
        if cleaned.get("webhook_key") or cleaned.get("clear_webhook"):
            self.webhook = cleaned.get("webhook_key") or ""

    def _is_same_host(self, address: Address) -> bool:
        """Who may change the URL shall not send another's secret to a host of their own."""
        try:
            was = addresses.address_of(self._was[0], addresses.Rules())
        except PlatformError:
            return False
        return (was.transport, was.host, was.port) == (address.transport, address.host, address.port)

    def _kinds(self) -> list[str]:
        """A folder may move to git; what is written here stays here."""
        if not self.instance.pk:
            return ["git", "managed"]
        return ["folder", "git"] if self.instance.kind == Repository.Kind.FOLDER else [self.instance.kind]

    def _read_kept(self) -> Credentials:
        try:
            return pulling.credentials_of(self.instance)
        except PlatformError:  # kept with a key that is gone: to be entered anew
            return Credentials()

    def _tell(self, name: str, *, is_set: bool) -> None:
        if name in self.fields:
            state = "Set; leave it empty to keep it." if is_set else "Not set."
            self.fields[name].help_text = f"{self.fields[name].help_text} {state}"

    def _checked(self, field: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask() if field not in self.errors else None
        except PlatformError as error:
            self.add_error(field, forms.ValidationError(f"{error} {error.hint} [{error.code}]", code=error.code))
            return None


def _refuse_another_host() -> None:
    raise BadCredentialsError(reason="The credentials kept are for another host: enter them anew, or forget them.")
