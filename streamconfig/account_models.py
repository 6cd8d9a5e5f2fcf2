"""Rows of single people: the tokens that their programs show, and which messages they don't want."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """Lets a program act as a person. The token itself is shown once and not kept: the row holds its hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    prefix = models.CharField(max_length=20, help_text="How it begins, to tell tokens apart.")
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class MailChoice(models.Model):
    """Which kinds of messages somebody wants no e-mail for; without a row, all of them come."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choice")
    muted = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Mail of {self.user}"
