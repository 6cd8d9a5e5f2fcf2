"""Tables of the Postgres event log."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")

UNDO = """
drop function log_append;
drop table log_records;
drop table log_partitions;
drop table log_topics;
drop table log_cluster;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(SQL.read_text(), UNDO)]
