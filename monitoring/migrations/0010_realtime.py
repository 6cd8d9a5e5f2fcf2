"""Saved questions of realtime SQL, and what they expect."""

from __future__ import annotations

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0009_alerts"), migrations.swappable_dependency(settings.AUTH_USER_MODEL))

    operations = (
        migrations.CreateModel(
            name="SavedQuery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("note", models.TextField(blank=True, help_text="What it means, and what to do where it does not hold.")),
                ("sql", models.TextField()),
                ("streams", models.JSONField(blank=True, default=list)),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)],
                    ),
                ),
                ("with_canaries", models.BooleanField(default=False)),
                ("team", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "expects",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing: only kept"),
                            ("no_rows", "no rows"),
                            ("rows", "at least one row"),
                            ("number", "a number within bounds"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("low", models.FloatField(blank=True, null=True)),
                ("high", models.FloatField(blank=True, null=True)),
                (
                    "every_minutes",
                    models.PositiveSmallIntegerField(
                        default=5,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                    ),
                ),
                (
                    "broken_after",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)],
                    ),
                ),
                (
                    "of_last",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)],
                    ),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "not judged yet"),
                            ("met", "met"),
                            ("broken", "broken"),
                            ("unanswered", "not answered"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("state_since", models.DateTimeField(blank=True, null=True)),
                ("detail", models.TextField(blank=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved queries",
            },
        ),
        migrations.CreateModel(
            name="Evaluation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("met", "met"),
                            ("broken", "broken"),
                            ("incomplete", "not judged: more than could be read"),
                            ("unanswered", "not answered"),
                        ],
                        max_length=10,
                    ),
                ),
                ("detail", models.TextField(blank=True)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("number", models.FloatField(null=True)),
                ("samples", models.JSONField(default=list)),
                ("records", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveBigIntegerField(default=0)),
                ("seconds", models.FloatField(default=0.0)),
                (
                    "query",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evaluations", to="monitoring.savedquery"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["query", "-at"], name="evaluation_newest")],
            },
        ),
    )
