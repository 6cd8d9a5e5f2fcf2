"""Rows of stream configuration: what was published, revision by revision, and the streams as lists and forms show them."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse

from streamconfig.account_models import ApiToken, MailChoice
from streamconfig.configuration import document
from streamconfig.configuration.document import Entry
from streamconfig.request_models import (
    ChangeRequest,
    Comment,
    Notification,
    NotificationTarget,
    RequestStep,
    Verdict,
)

__all__ = [
    "ApiToken",
    "ChangeRequest",
    "Comment",
    "ConfigurationState",
    "Defaults",
    "Instrument",
    "IntakeService",
    "Item",
    "KnownTopic",
    "MailChoice",
    "Notification",
    "NotificationTarget",
    "Override",
    "Policy",
    "RequestStep",
    "Revision",
    "Site",
    "Stream",
    "Team",
    "TopicCheck",
    "TopicRemoval",
    "Verdict",
]


class Stream(models.Model):
    """A stream as the newest revision has it.

    `settings_text` is its own settings, as written. The columns that follow from it and the defaults are for lists and
    filters; services write them together, and nothing is served from here.
    """

    name = models.CharField(
        max_length=249,
        unique=True,
        help_text="As events name it in meta.stream, such as page.change. A pattern between slashes stands for many.",
    )
    description = models.TextField(blank=True, help_text="What an event of it tells, in one sentence.")
    owner = models.CharField(max_length=200, blank=True, help_text="The team that answers for it.")
    purpose = models.TextField(blank=True, help_text="What it is collected for, and until when.")
    contact = models.CharField(max_length=200, blank=True, help_text="Where its owner is reached: a channel, an address.")
    is_enabled = models.BooleanField("enabled", default=True, help_text="Off: the intake refuses its events (stream.disabled).")
    settings_text = models.TextField(default="{}", help_text="Its own settings as JSON.")
    entry_text = models.TextField(default="{}", help_text="All that the document says of it, as JSON.")

    schema_title = models.CharField(max_length=200, blank=True, db_index=True)
    service = models.CharField(max_length=200, blank=True, db_index=True)
    sampling_unit = models.CharField(max_length=20, blank=True)
    sampling_rate = models.FloatField(null=True, blank=True)
    canary_events_enabled = models.BooleanField("canary events", default=False)
    sensitivity = models.CharField(max_length=20, blank=True)
    review_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    revision = models.BigIntegerField(default=0, help_text="The one that changed it last.")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        permissions = [("wire_stream", "Can set a stream's name, schema, service, topics and message key")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("stream", args=[self.name])

    @property
    def settings(self) -> dict[str, Any]:
        """A fresh copy of its own settings."""
        settings: dict[str, Any] = json.loads(self.settings_text)
        return settings

    @property
    def entry(self) -> Entry:
        """The stream as it stands in the newest document."""
        entry, problems = document.read_entry(self.name, json.loads(self.entry_text))
        if entry is None:
            raise ValueError("; ".join(map(str, problems)))
        return entry


class Defaults(models.Model):
    """One row: the settings below every stream's own, as the newest revision has them."""

    settings_text = models.TextField(default="{}")
    revision = models.BigIntegerField(default=0, help_text="The one that changed them last.")

    class Meta:
        verbose_name = verbose_name_plural = "defaults"

    def __str__(self) -> str:
        return "Defaults of all streams"

    @property
    def settings(self) -> dict[str, Any]:
        """A fresh copy of the settings."""
        settings: dict[str, Any] = json.loads(self.settings_text)
        return settings


class Item(models.Model):
    """An item of a section other than streams, as the newest revision has it: for lists and forms, like `Stream`."""

    section = models.CharField(max_length=20)
    key = models.CharField(max_length=150, help_text="Its short name; it can't be changed later.")
    title = models.CharField(max_length=200, blank=True)
    stream = models.CharField(max_length=249, blank=True, db_index=True, help_text="The stream that an instrument stands on.")
    owner = models.CharField(max_length=200, blank=True)
    is_enabled = models.BooleanField("enabled", default=True)
    review_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    item_text = models.TextField(default="{}", help_text="The item as JSON, as written.")
    revision = models.BigIntegerField(default=0, help_text="The one that changed it last.")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["section", "key"]
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="item_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def item(self) -> dict[str, Any]:
        """A fresh copy of the item."""
        item: dict[str, Any] = json.loads(self.item_text)
        return item


_AnyItem = TypeVar("_AnyItem", bound=Item)


class _Section(models.Manager[_AnyItem]):
    """The items of one section."""

    def __init__(self, section: str = "") -> None:
        super().__init__()
        self.section = section

    def get_queryset(self) -> models.QuerySet[_AnyItem]:
        return super().get_queryset().filter(section=self.section)


class Team(Item):
    """Who owns streams; people belong to one by the group `team: <key>`."""

    objects: ClassVar[_Section[Team]] = _Section("teams")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True


class IntakeService(Item):
    """An intake that streams are posted to."""

    objects: ClassVar[_Section[IntakeService]] = _Section("services")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True
        verbose_name = "intake service"


class Site(Item):
    """A web property whose configuration may differ."""

    objects: ClassVar[_Section[Site]] = _Section("sites")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True


class Override(Item):
    """What differs for a site, a tag of sites or an environment."""

    objects: ClassVar[_Section[Override]] = _Section("overrides")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True


class Instrument(Item):
    """What a product manager steers on top of a stream."""

    objects: ClassVar[_Section[Instrument]] = _Section("instruments")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True


class Policy(Item):
    """When a change needs which approvals."""

    objects: ClassVar[_Section[Policy]] = _Section("policies")  # type: ignore[assignment]  # a proxy's manager is narrower

    class Meta:
        proxy = True
        verbose_name_plural = "policies"


class Revision(models.Model):
    """One publish: the whole document, who and why, and a hash that covers all revisions before it. Never changes."""

    number = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    effective_at = models.DateTimeField(
        db_index=True, help_text="Since when it holds: a scheduled change's moment, else created_at."
    )
    request = models.ForeignKey("ChangeRequest", null=True, on_delete=models.PROTECT, related_name="revisions")
    author = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    # Text, not JSONB: that would lose the order of keys, in which the API answers and patterns are tried.
    document_text = models.TextField()
    changes = models.JSONField(default=list, help_text="What differs from the revision before.")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        # A history asks which revisions name one item, of whatever size the others are.
        indexes = [GinIndex(fields=["changes"], name="revision_changes", opclasses=["jsonb_path_ops"])]

    def __str__(self) -> str:
        return f"Revision {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("revision", args=[self.number])

    @property
    def document(self) -> dict[str, Any]:
        """A fresh copy of the document."""
        document: dict[str, Any] = json.loads(self.document_text)
        return document


class ConfigurationState(models.Model):
    """One row: the newest revision's number; `incarnation` tells a restored or emptied database from its past."""

    revision = models.BigIntegerField(default=0)
    schedule = models.BigIntegerField(default=0, help_text="Grows whenever what is scheduled changes.")
    incarnation = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"revision {self.revision}"


class TopicCheck(models.Model):
    """One row: how the last comparison of the configured topics with the log ended."""

    checked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    missing = models.JSONField(default=list, help_text="Topics that could not be made.")
    problem = models.TextField(blank=True, help_text="Why not.")
    drift = models.JSONField(default=list, help_text="What of the log differs from the configuration and was left so.")

    def __str__(self) -> str:
        return self.problem or "all topics exist"


class KnownTopic(models.Model):
    """A topic that the configuration names, or has named: what else the log holds belongs to others."""

    name = models.CharField(max_length=249, primary_key=True)
    stream = models.CharField(max_length=249, help_text="The stream that named it last.")

    def __str__(self) -> str:
        return self.name


class TopicRemoval(models.Model):
    """Somebody's wish to delete a topic that no stream names any more; nothing is deleted before another confirms it."""

    topic = models.CharField(max_length=249)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True)
    confirmed_by = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.topic
