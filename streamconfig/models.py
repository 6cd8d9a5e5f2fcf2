"""Rows of stream configuration: what was published, revision by revision, and the streams as lists and forms show them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from streamconfig.configuration.document import About, Entry


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

    schema_title = models.CharField(max_length=200, blank=True, db_index=True)
    service = models.CharField(max_length=200, blank=True, db_index=True)
    sampling_unit = models.CharField(max_length=20, blank=True)
    sampling_rate = models.FloatField(null=True, blank=True)
    canary_events_enabled = models.BooleanField("canary events", default=False)

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
        """The stream as it stands in a document."""
        about = About(self.description, self.owner, self.purpose, self.contact)
        return Entry(self.name, self.settings, self.is_enabled, about)


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


class Revision(models.Model):
    """One publish: the whole document, who and why, and a hash that covers all revisions before it. Never changes."""

    number = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    author = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    # Text, not JSONB: that would lose the order of keys, in which the API answers and patterns are tried.
    document_text = models.TextField()
    changes = models.JSONField(default=list, help_text="What differs from the revision before: stream, kind, fields.")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]

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
    incarnation = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"revision {self.revision}"


class TopicCheck(models.Model):
    """One row: how the last comparison of the configured topics with the log ended."""

    checked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    missing = models.JSONField(default=list, help_text="Topics that could not be made.")
    problem = models.TextField(blank=True, help_text="Why not.")

    def __str__(self) -> str:
        return self.problem or "all topics exist"
