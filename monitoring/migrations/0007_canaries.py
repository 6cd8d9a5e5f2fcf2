"""Canaries by datacenter and service, and for past hours."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0006_outcomes"),)

    operations = ()
