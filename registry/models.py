"""Rows of the registry: repositories, titles and their published versions, and the revision of the whole."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.validators import RegexValidator
from django.db import models

from eventplatform.core.names import split_schema_id


class Repository(models.Model):
    """A folder of schemas that somebody else keeps; what was imported from it last."""

    class Role(models.TextChoices):
        """As in the reference: primary schemas are used everywhere, secondary ones are a team's own."""

        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", "Small letters, digits, - and _ only.")],
        help_text="Part of its addresses: /repositories/<name>/jsonschema/…",
    )
    role = models.CharField(max_length=16, choices=Role, default=Role.PRIMARY)
    order = models.PositiveIntegerField(default=0, help_text="Repositories are listed, and refer to each other, in this order.")
    folder = models.CharField(max_length=1000, blank=True, help_text="Where its files were read from last.")
    imported_at = models.DateTimeField(null=True, blank=True, help_text="The last import that succeeded.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="Set while the newest import is one that was refused.")
    problems = models.JSONField(default=list, blank=True, help_text="Why the newest import was refused, by file and line.")

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.name


class SchemaTitle(models.Model):
    """What versions have in common. A title belongs to the repository that published it first."""

    name = models.CharField(max_length=200, unique=True)
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="titles")
    latest = models.ForeignKey("SchemaVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SchemaVersion(models.Model):
    """One published version. It never changes: `document_text` is what events are judged by, `raw_text` the file."""

    title = models.ForeignKey(SchemaTitle, on_delete=models.PROTECT, related_name="versions")
    schema_id = models.CharField(max_length=200, unique=True, help_text="As events name it in $schema.")
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    # Text, not JSONB: that would lose the order of keys, in which people read a schema.
    document_text = models.TextField(help_text="The self-contained schema as JSON.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the self-contained schema.")
    raw_text = models.TextField(help_text="The file as it was written.")
    raw_hash = models.CharField(max_length=64)
    is_self_contained = models.BooleanField(default=True, help_text="The file holds no references and nothing to merge.")
    path = models.CharField(max_length=500, help_text="The file, below jsonschema/.")
    field_paths = models.TextField(blank=True, help_text="The paths of all fields, one a line, for the search.")
    field_count = models.PositiveIntegerField(default=0)
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title__name", "-major", "-minor", "-patch"]
        indexes = [models.Index(fields=["path"])]

    def __str__(self) -> str:
        return self.schema_id

    @property
    def version(self) -> str:
        """As in its id: 1.2.0."""
        return split_schema_id(self.schema_id)[1]

    @property
    def document(self) -> dict[str, Any]:
        """A fresh copy of the self-contained schema."""
        document: dict[str, Any] = json.loads(self.document_text)
        return document


class RegistryState(models.Model):
    """One row: `revision` grows with every change; `incarnation` tells a restored or emptied database from its past."""

    revision = models.BigIntegerField(default=0)
    incarnation = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"revision {self.revision}"
