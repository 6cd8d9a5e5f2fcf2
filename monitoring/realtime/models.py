"""Rows of saved questions, of what they expect, and of how that went."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse


class SavedQuery(models.Model):
    """A question that somebody kept; with `expects` it is asked again and again, and tells where it does not hold."""

    class Expects(models.TextChoices):
        NOTHING = "", "nothing: only kept"
        NO_ROWS = "no_rows", "no rows"
        ROWS = "rows", "at least one row"
        NUMBER = "number", "a number within bounds"

    class State(models.TextChoices):
        NEW = "new", "not judged yet"
        MET = "met", "met"
        BROKEN = "broken", "broken"
        UNANSWERED = "unanswered", "not answered"

    name = models.CharField(max_length=100, unique=True)
    note = models.TextField(blank=True, help_text="What it means, and what to do where it does not hold.")
    sql = models.TextField()
    streams = models.JSONField(default=list, blank=True)  # that the table `events` stands for
    minutes = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(60)])
    with_canaries = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expects = models.CharField(max_length=10, choices=Expects, blank=True, default=Expects.NOTHING)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    every_minutes = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(1440)])
    broken_after = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(20)])
    of_last = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(20)])
    claimed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    state_since = models.DateTimeField(null=True, blank=True)
    detail = models.TextField(blank=True)  # of its last judged evaluation

    class Meta:
        verbose_name_plural = "saved queries"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sql-saved-one", args=[self.pk])


class Evaluation(models.Model):
    """One time that an expectation was judged; of rows it keeps where they lie, never what they hold."""

    class Verdict(models.TextChoices):
        MET = "met", "met"
        BROKEN = "broken", "broken"
        INCOMPLETE = "incomplete", "not judged: more than could be read"
        UNANSWERED = "unanswered", "not answered"

    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="evaluations")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    detail = models.TextField(blank=True)
    rows = models.PositiveIntegerField(null=True)
    number = models.FloatField(null=True)
    samples = models.JSONField(default=list)
    records = models.PositiveIntegerField(default=0)
    left_out = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        indexes = (models.Index(fields=["query", "-at"], name="evaluation_newest"),)

    def __str__(self) -> str:
        return f"{self.query} {self.at:%Y-%m-%d %H:%M} {self.verdict}"
