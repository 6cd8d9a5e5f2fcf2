"""Saved questions of realtime SQL, and what they expect."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0009_alerts"),)

    operations = ()
