"""Rows of the registry: repositories, titles, published versions, drafts, and the revision of the whole."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from eventplatform.core.names import split_schema_id
from registry.schema.packing import unpack

COMMIT = RegexValidator(r"\A[0-9a-f]{40}\Z", "A commit's full name: 40 hexadecimal digits.")


class Lifecycle(models.Model):
    """What can be deprecated: it goes on being served, and is refused for new streams."""

    deprecated_since = models.DateField(null=True, blank=True, help_text="Set while it is deprecated.")
    deprecation_reason = models.CharField(max_length=500, blank=True)
    replacement = models.CharField(
        max_length=200, blank=True, help_text="What to use instead: a title, a version's id, a repository."
    )
    deprecated_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        abstract = True


class Repository(Lifecycle):
    """Where schemas come from, how often, by which rules; what was imported last."""

    class Kind(models.TextChoices):
        GIT = "git", "Git"
        FOLDER = "folder", "Folder"  # imported by a command
        MANAGED = "managed", "Managed here"  # the platform owns it: drafts, review, commits

    class Role(models.TextChoices):
        """As in the reference: primary schemas are used everywhere, secondary ones are a team's own."""

        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"

    class Compatibility(models.TextChoices):
        """What a new version owes to those before it; the names are the Confluent registry's."""

        NONE = "NONE", "None"
        BACKWARD = "BACKWARD", "Backward"
        BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE", "Backward, all versions"
        FORWARD = "FORWARD", "Forward"
        FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE", "Forward, all versions"
        FULL = "FULL", "Full"
        FULL_TRANSITIVE = "FULL_TRANSITIVE", "Full, all versions"

    class Profile(models.TextChoices):
        """Which guidelines hold."""

        STRICT = "strict", "Strict: every guideline"
        COMPATIBLE = "compatible", "Compatible: those of jsonschema-tools"

    class Enforcement(models.TextChoices):
        """What a new version that breaks a guideline or its compatibility meets."""

        REPORT = "report", "Report: shown, and published"
        REFUSE = "refuse", "Refuse: the import or publication"

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", "Small letters, digits, - and _ only.")],
        help_text="Part of its addresses: /repositories/<name>/jsonschema/…",
    )
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.FOLDER)
    role = models.CharField(max_length=16, choices=Role, default=Role.PRIMARY)
    order = models.PositiveIntegerField(default=0, help_text="Repositories are listed, and refer to each other, in this order.")
    url = models.CharField(
        max_length=500, blank=True, help_text="https://…, ssh://…, user@host:path, or a path on this machine."
    )
    branch = models.CharField(max_length=100, blank=True, help_text="Empty: the repository's own default.")
    schema_folder = models.CharField(
        max_length=200, default="jsonschema", help_text="The folder within it that holds the titles."
    )
    credentials = models.TextField(blank=True, editable=False)  # sealed by eventplatform.encryption
    webhook_secret = models.TextField(blank=True, editable=False)  # likewise
    interval_seconds = models.PositiveIntegerField(default=300, help_text="Between two pulls; 0: only by webhook or by hand.")
    is_enabled = models.BooleanField(default=True, help_text="Off: no pulls; what was imported goes on being served.")
    compatibility = models.CharField(max_length=24, choices=Compatibility, default=Compatibility.BACKWARD)
    profile = models.CharField(max_length=16, choices=Profile, default=Profile.COMPATIBLE)
    enforcement = models.CharField(max_length=8, choices=Enforcement, default=Enforcement.REPORT)
    folder = models.CharField(max_length=1000, blank=True, help_text="Where its files were read from last.")
    commit = models.CharField(max_length=40, blank=True, validators=[COMMIT], help_text="The last commit that was imported.")
    seen_commit = models.CharField(
        max_length=40, blank=True, validators=[COMMIT], help_text="The last one looked at, also if refused."
    )
    next_pull_at = models.DateTimeField(null=True, blank=True)
    pulled_at = models.DateTimeField(null=True, blank=True, help_text="The last look at its branch that succeeded.")
    progress = models.JSONField(default=dict, blank=True, help_text="Of the pull at work now: stage, done, total, since.")
    pull_token = models.UUIDField(null=True, editable=False, help_text="Of the pull at work now: it alone writes.")
    pull_until = models.DateTimeField(
        null=True, editable=False, help_text="When that pull is taken for dead; it pushes this on."
    )
    pull_failures = models.PositiveIntegerField(default=0, help_text="Pulls in a row that didn't reach the branch.")
    pull_trouble = models.JSONField(
        default=dict, blank=True, help_text="Why the newest of them failed: code, message, remedy, since."
    )
    seen_revision = models.BigIntegerField(
        default=0, help_text="The registry's revision then: a newer one may resolve what was refused."
    )
    imported_at = models.DateTimeField(null=True, blank=True, help_text="The last import that succeeded.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="Set while the newest import is one that was refused.")
    problems = models.JSONField(default=list, blank=True, help_text="Why the newest import was refused, by file and line.")

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = "repositories"
        permissions = [("administer_repository", "Can set where schemas come from, by which rules, and the credentials")]

    def __str__(self) -> str:
        return self.name


class SchemaTitle(Lifecycle):
    """What versions have in common. A title belongs to the repository that published it first."""

    name = models.CharField(max_length=200, unique=True)
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="titles")
    latest = models.ForeignKey("SchemaVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    compatibility = models.CharField(
        max_length=24, choices=Repository.Compatibility, blank=True, help_text="Empty: its repository's."
    )
    current_text = models.TextField(blank=True, help_text="current.yaml, from which its versions are made.")
    changelog_text = models.TextField(blank=True, help_text="CHANGELOG.md of its folder.")
    search_text = models.TextField(
        blank=True, help_text="Small letters: its name, and the newest version's fields and descriptions."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SchemaVersion(Lifecycle):
    """One published version. It never changes: `document` is what events are judged by, `raw_text` the file."""

    title = models.ForeignKey(SchemaTitle, on_delete=models.PROTECT, related_name="versions")
    schema_id = models.CharField(max_length=200, unique=True, help_text="As events name it in $schema.")
    number = models.PositiveIntegerField(
        help_text="Its place in the order in which the title's versions were published, from 1."
    )
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    document_title = models.CharField(max_length=200, blank=True, help_text="What the document calls itself.")
    # Packed text, not JSONB: that would lose the order of keys, in which people read a schema. A tenth of the bytes,
    # also in the memory of every process.
    document_packed = models.BinaryField(help_text="The self-contained schema as JSON, deflated.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the self-contained schema.")
    raw_text = models.TextField(help_text="The file as it was written.")
    raw_hash = models.CharField(max_length=64)
    is_self_contained = models.BooleanField(default=True, help_text="The file holds no references and nothing to merge.")
    path = models.CharField(max_length=500, help_text="The file, below the folder of titles.")
    field_paths = models.TextField(blank=True, help_text="The paths of all fields, one a line, for the search.")
    field_count = models.PositiveIntegerField(default=0)
    commit = models.CharField(max_length=40, blank=True, validators=[COMMIT], help_text="The commit that brought it.")
    revision = models.BigIntegerField(db_index=True, help_text="The registry's revision that published it.")
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title__name", "-major", "-minor", "-patch"]
        indexes = [models.Index(fields=["path"]), models.Index(fields=["document_title"])]
        constraints = [models.UniqueConstraint(fields=["title", "number"], name="number_once_in_title")]

    def __str__(self) -> str:
        return self.schema_id

    @property
    def version(self) -> str:
        """As in its id: 1.2.0."""
        return split_schema_id(self.schema_id)[1]

    @property
    def document_text(self) -> str:
        """The self-contained schema as JSON."""
        return unpack(self.document_packed)

    @property
    def document(self) -> dict[str, Any]:
        """A fresh copy of the self-contained schema."""
        document: dict[str, Any] = json.loads(self.document_text)
        return document


class SchemaReference(models.Model):
    """A version is made of another schema: its file, or the `current.yaml` that it was made from, refers to that."""

    version = models.ForeignKey(SchemaVersion, on_delete=models.CASCADE, related_name="references")
    target_id = models.CharField(
        max_length=200, db_index=True, help_text="The id that is referred to, as /fragment/common/1.0.0."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "target_id"], name="reference_once")]

    def __str__(self) -> str:
        return self.target_id


class Waiver(models.Model):
    """A guideline, or the rules of compatibility, need not be kept at one place until a day, for a reason."""

    title = models.CharField(max_length=200, help_text="The schema title; * at its end stands for anything.")
    version = models.CharField(max_length=32, blank=True, help_text="Empty: all versions.")
    rule = models.CharField(max_length=60, help_text="The rule's code, or its name in jsonschema-tools.")
    pointer = models.CharField(max_length=300, blank=True, help_text="Empty: anywhere in the schema.")
    reason = models.CharField(max_length=500)
    ends_on = models.DateField(help_text="The last day on which it holds.")
    author = models.CharField(max_length=150, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "rule"]

    def __str__(self) -> str:
        return f"{self.rule} in {self.title} until {self.ends_on}"


class Draft(models.Model):
    """A version being written in a managed repository. An approval is bound to the text that was seen."""

    class State(models.TextChoices):
        DRAFT = "draft"
        IN_REVIEW = "in_review"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="drafts")
    title = models.CharField(max_length=200)
    text = models.TextField(help_text="The schema as YAML; its $id names the version that it is to become.")
    base = models.CharField(
        max_length=32, blank=True, help_text="The version that the text was made from; empty for the first one of a title."
    )
    reason = models.CharField(max_length=500, blank=True, help_text="What changes, for the reviewer and the commit's message.")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Who wrote in it: none of them approves."
    )
    edit = models.PositiveIntegerField(
        default=0, help_text="Grows with every change: two people can't overwrite each other unseen."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-updated_at"]
        permissions = [("approve_draft", "Can approve and publish another person's draft")]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"


class DraftStep(models.Model):
    """What somebody did to a draft, and what they said about it; steps are only ever added."""

    class Kind(models.TextChoices):
        STARTED = "started", "Started"
        EDITED = "edited", "Edited"
        SUBMITTED = "submitted", "Submitted for review"
        RETURNED = "returned", "Sent back"
        WITHDRAWN = "withdrawn", "Withdrawn"
        PUBLISHED = "published", "Approved and published"

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    comment = models.CharField(max_length=2000, blank=True)
    edit = models.PositiveIntegerField(help_text="The draft's edit number after the step.")
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the text that was decided upon.")

    class Meta:
        ordering = ["draft", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.draft_id}"


class Commit(models.Model):
    """A commit of a managed repository. The rows are the truth: any host can rebuild the same git repository from them."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="commits")
    number = models.PositiveIntegerField(help_text="From 1, without gaps.")
    sha = models.CharField(max_length=40, validators=[COMMIT])
    author_name = models.CharField(max_length=150)
    author_email = models.CharField(max_length=254)
    committed_at = models.DateTimeField()
    message = models.TextField()
    files = models.JSONField(help_text="Path to new content; a link is {'link': target}; null where the file goes.")

    class Meta:
        ordering = ["repository", "number"]
        constraints = [models.UniqueConstraint(fields=["repository", "number"], name="commit_number_once")]

    def __str__(self) -> str:
        return self.sha[:12]


class RegistryState(models.Model):
    """One row: `revision` grows with every change; `incarnation` tells a restored or emptied database from its past.

    `changed_otherwise_at` is the last revision that did more than add versions: a set older than it is loaded as a whole.
    """

    revision = models.BigIntegerField(default=0)
    changed_otherwise_at = models.BigIntegerField(default=0)
    incarnation = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"revision {self.revision}"
