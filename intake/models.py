"""Rows of the intake: producer keys, what was done with them, and a number that changes whenever a key does."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ProducerKey(models.Model):
    """Lets a program send events. The key itself is shown once and not kept: the row holds its digest."""

    name = models.CharField(max_length=100, help_text="Who sends with it, in words of yours.")
    prefix = models.CharField(max_length=16, unique=True, editable=False, help_text="How it begins, to tell keys apart.")
    digest = models.CharField(max_length=64, editable=False)
    pepper = models.CharField(max_length=16, editable=False, help_text="Which of ENCRYPTION_KEYS it was hashed with.")
    streams = models.JSONField(default=list, help_text="Names of streams, or their beginnings with a star: page_*.")
    services = models.JSONField(default=list, blank=True, help_text="Names of services, likewise; none means all.")
    events_per_second = models.FloatField(null=True, blank=True, help_text="At most; empty: as its service says.")
    events_per_day = models.BigIntegerField(null=True, blank=True, help_text="At most, by UTC days; empty: likewise.")
    note = models.TextField(blank=True, help_text="Where it is kept, whom to ask.")
    created_by = models.CharField(max_length=150, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, editable=False, related_name="successor")
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_refused_at = models.DateTimeField(null=True, editable=False, help_text="When it was shown though no longer good.")

    class Meta:
        ordering: ClassVar = ["name", "-pk"]
        permissions: ClassVar = [("operate_producerkey", "Can make, rotate and revoke producer keys")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class KeyAct(models.Model):
    """What somebody did with a key; never changed, never deleted."""

    class Verb(models.TextChoices):
        MADE = "made"
        ROTATED = "rotated"
        CHANGED = "changed"
        REVOKED = "revoked"

    key = models.ForeignKey(ProducerKey, on_delete=models.PROTECT, related_name="acts")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.key} {self.verb} by {self.by}"


class KeysVersion(models.Model):
    """One row that every change of a key counts up, in its transaction; a process that reads it knows whether to read keys."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
