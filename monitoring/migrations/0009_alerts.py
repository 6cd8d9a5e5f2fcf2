"""Alerts: what lasts, whom it was told, who has seen it."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0008_traffic"),)

    operations = ()
