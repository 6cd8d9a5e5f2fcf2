"""Alerts: what lasts, whom it was told, who has seen it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

_RULES = (
    {"position": 90, "name": "Failures", "level": "fail", "wait_seconds": 30},
    {"position": 100, "name": "Everything else", "level": "", "wait_seconds": 300},
)


def _make_rules(apps, schema_editor):
    """Two rules to hang receivers on; without them the same holds, and nobody is told."""
    model = apps.get_model("monitoring", "AlertRule")
    for facts in _RULES:
        model.objects.get_or_create(name=facts["name"], defaults=facts)


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0008_traffic"),)

    operations = [
        migrations.CreateModel(
            name="AlertReceiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("webhook", "webhook (our JSON, signed as Standard Webhooks)"),
                            ("slack", "Slack-compatible webhook"),
                            ("alertmanager", "Alertmanager"),
                        ],
                        max_length=12,
                    ),
                ),
                ("addresses", models.TextField(blank=True, verbose_name="e-mail addresses")),
                ("secrets", models.TextField(blank=True, editable=False)),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("tells_ends", models.BooleanField(default=True, verbose_name="also told when alerts are resolved")),
            ],
            options={
                "verbose_name": "receiver of alerts",
                "verbose_name_plural": "receivers of alerts",
            },
        ),
        migrations.CreateModel(
            name="AlertRound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("claimed_at", models.DateTimeField(null=True)),
                ("claimed_by", models.CharField(blank=True, max_length=40)),
                ("done_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(null=True)),
                ("unreadable", models.JSONField(default=list)),
                ("pinged_at", models.DateTimeField(null=True)),
                ("ping_problem", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="AlertSilence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kinds", models.JSONField(blank=True, default=list)),
                ("subjects", models.JSONField(blank=True, default=list)),
                (
                    "level",
                    models.CharField(
                        blank=True, choices=[("fail", "failing"), ("warn", "warning")], help_text="None: both.", max_length=4
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("created_by", models.CharField(blank=True, editable=False, max_length=150)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "silence",
                "ordering": ("-until",),
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=100)),
                ("key", models.CharField(max_length=400)),
                ("kind", models.CharField(max_length=60)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("level", models.CharField(choices=[("fail", "failing"), ("warn", "warning")], max_length=4)),
                ("what", models.TextField()),
                ("why", models.TextField(blank=True)),
                ("link", models.CharField(blank=True, max_length=500)),
                ("remedy", models.TextField(blank=True)),
                (
                    "phase",
                    models.CharField(
                        choices=[("pending", "seen, not yet for long enough"), ("open", "open"), ("resolved", "resolved")],
                        max_length=8,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("is_by_hand", models.BooleanField(default=False)),
                ("held_by", models.CharField(blank=True, max_length=60)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, max_length=150)),
                ("note", models.TextField(blank=True)),
                ("told_at", models.DateTimeField(null=True)),
                ("told_phase", models.CharField(blank=True, max_length=8)),
                ("told_level", models.CharField(blank=True, max_length=4)),
            ],
            options={
                "permissions": (("handle_alerts", "Can acknowledge, silence and resolve alerts"),),
                "indexes": [
                    models.Index(fields=["-opened_at"], name="alert_opened"),
                    models.Index(fields=["-resolved_at"], name="alert_resolved"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("phase", "resolved"), _negated=True), fields=("key",), name="alert_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertMoment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=20)),
                ("who", models.CharField(blank=True, max_length=150)),
                ("text", models.TextField(blank=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moments", to="monitoring.alert"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kinds", models.JSONField(blank=True, default=list)),
                ("subjects", models.JSONField(blank=True, default=list)),
                (
                    "level",
                    models.CharField(
                        blank=True, choices=[("fail", "failing"), ("warn", "warning")], help_text="None: both.", max_length=4
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=50, help_text="The lowest is asked first.")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "wait_seconds",
                    models.PositiveIntegerField(default=30, help_text="How long a trouble must last before it is an alert."),
                ),
                (
                    "settle_seconds",
                    models.PositiveIntegerField(default=60, help_text="How long it must be gone before it is resolved."),
                ),
                (
                    "window_seconds",
                    models.PositiveIntegerField(default=60, help_text="At most one message per group within this time."),
                ),
                (
                    "repeat_minutes",
                    models.PositiveIntegerField(
                        default=240,
                        help_text="After this time it is told again, until somebody acknowledges, silences or mends it.",
                    ),
                ),
                (
                    "group_by",
                    models.CharField(
                        choices=[("rule", "all of the rule together"), ("kind", "those of a kind"), ("alert", "each alone")],
                        default="rule",
                        max_length=5,
                    ),
                ),
                (
                    "hours_begin",
                    models.TimeField(blank=True, help_text="Neither time: at any hour.", null=True, verbose_name="told from"),
                ),
                ("hours_end", models.TimeField(blank=True, null=True, verbose_name="told until")),
                ("hours_days", models.JSONField(blank=True, default=list, verbose_name="told on")),
                ("hours_zone", models.CharField(default="UTC", max_length=60, verbose_name="time zone")),
                ("receivers", models.ManyToManyField(blank=True, related_name="rules", to="monitoring.alertreceiver")),
            ],
            options={
                "verbose_name": "rule of alerts",
                "verbose_name_plural": "rules of alerts",
                "ordering": ("position", "pk"),
            },
        ),
        migrations.CreateModel(
            name="AlertNotification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receiver_name", models.CharField(max_length=100)),
                ("rule", models.PositiveBigIntegerField(null=True)),
                ("group", models.CharField(blank=True, max_length=400)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("news", "news"),
                            ("repeat", "lasts on"),
                            ("mirror", "state for an Alertmanager"),
                            ("test", "test"),
                        ],
                        max_length=6,
                    ),
                ),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("gave_up_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
                ("problem", models.TextField(blank=True)),
                ("alerts", models.ManyToManyField(related_name="notifications", to="monitoring.alert")),
                (
                    "receiver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="monitoring.alertreceiver",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("gave_up_at", None), ("sent_at", None)), fields=["not_before"], name="alert_waits"
                    ),
                    models.Index(fields=["receiver", "-created_at"], name="alert_of_receiver"),
                    models.Index(fields=["created_at"], name="alert_told"),
                ],
            },
        ),
        migrations.RunPython(_make_rules, migrations.RunPython.noop),
    ]
