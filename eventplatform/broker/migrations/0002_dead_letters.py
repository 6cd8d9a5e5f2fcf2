"""Table of the dead letters."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")


class Migration(migrations.Migration):
    dependencies = [("broker", "0001_log")]
    operations = [migrations.RunSQL(SQL.read_text(), "drop table dead_letters;")]
