"""Rows of change control: requests with what people said to them, and what is told to whom."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from streamconfig.configuration import changes


class ChangeRequest(models.Model):
    """What somebody wants to change. Nothing that is live is written but by publishing one.

    `changes_text` holds the changes (`configuration.changes`), each with what it expects to find; `content_hash` covers
    them, `effective_at` and `edit`, and approvals count for that hash alone.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        SCHEDULED = "scheduled", "Scheduled"
        APPLIED = "applied", "Applied"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"

    class Source(models.TextChoices):
        ADMIN = "admin", "Admin"
        PAGE = "page", "Page"
        API = "api", "API"
        IMPORT = "import", "Import"
        GIT = "git", "Git"
        COMMAND = "command", "Command"
        ROLLBACK = "rollback", "Rollback"
        KILL = "kill", "Kill switch"

    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT, db_index=True)
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.ADMIN)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=200, help_text="Stays when the account is gone.")
    # Text, not JSONB: that would lose the order of keys, in which the API answers.
    changes_text = models.TextField(default="[]")
    content_hash = models.CharField(max_length=64)
    base_revision = models.BigIntegerField(default=0, help_text="The revision that it was written on.")
    effective_at = models.DateTimeField(null=True, blank=True, help_text="When it begins to hold; empty: once it is approved.")
    edit = models.IntegerField(default=1, help_text="Grows with every edit, so that nobody decides on what they did not see.")
    is_emergency = models.BooleanField(
        default=False, help_text="Published before any approval; somebody looks at it afterwards."
    )
    reviewed_after_by = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True, help_text="Why it could not be applied.")
    applied_revision = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("approve_change", "Can approve and reject other people's change requests"),
            ("stop_now", "Can use the kill switch"),
            ("administer_configuration", "Can change teams, policies, services and sites"),
        ]

    def __str__(self) -> str:
        return f"Change {self.pk}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("change", args=[self.pk])

    @property
    def changes(self) -> tuple[changes.Change, ...]:
        """What it asks for."""
        return changes.from_json(json.loads(self.changes_text))

    @property
    def is_open(self) -> bool:
        """True while something may still happen to it."""
        return self.state in OPEN


OPEN = (
    ChangeRequest.State.DRAFT,
    ChangeRequest.State.IN_REVIEW,
    ChangeRequest.State.APPROVED,
    ChangeRequest.State.SCHEDULED,
)


class Verdict(models.Model):
    """What somebody decided about the content that they saw; an edit changes the hash and so voids it."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"
        ASK = "ask", "Asked for changes"

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="verdicts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200)
    roles = models.JSONField(default=list, help_text="The groups that the person was in at that moment.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content_hash = models.CharField(max_length=64)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_kind_display()}"


class Comment(models.Model):
    """A remark in a request's discussion."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="comments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200)
    text = models.TextField(max_length=5000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"


class RequestStep(models.Model):
    """Something that happened to a request: its audit trail, which nobody edits."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField(auto_now_add=True)
    who = models.CharField(max_length=200)
    what = models.CharField(max_length=40, help_text="drafted, edited, submitted, approved, scheduled, applied …")
    note = models.TextField(blank=True)
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


class NotificationTarget(models.Model):
    """A webhook that hears of change requests; people hear by the e-mail of their accounts."""

    name = models.CharField(max_length=100, unique=True)
    url = models.URLField(max_length=500)
    secret = models.TextField(blank=True, help_text="Signs what is sent; kept encrypted, never shown.")
    events = models.JSONField(default=list, blank=True, help_text="Which events it hears of; empty: all.")
    is_enabled = models.BooleanField("enabled", default=True)

    class Meta:
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """A message on its way: written with what it tells of in one transaction, sent by a worker, tried again where it fails."""

    kind = models.CharField(max_length=40, help_text="submitted, approved, rejected, applied, conflict, reminder …")
    channel = models.CharField(max_length=10, choices=[("email", "e-mail"), ("webhook", "webhook")])
    address = models.CharField(max_length=500, help_text="An e-mail address, or a webhook's name.")
    subject = models.CharField(max_length=300)
    body = models.TextField()
    # One message of a kind about a thing: a tick that runs twice tells once.
    once = models.CharField(max_length=300, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(auto_now_add=True)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            # What waits is a handful among all that was ever sent, and is asked for every few seconds.
            models.Index(fields=["not_before"], name="notification_waits", condition=models.Q(sent_at=None, gave_up_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}"
