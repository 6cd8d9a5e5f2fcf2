"""Volumes by hour, and what of them is out of the ordinary."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0007_canaries"),)

    operations = ()
