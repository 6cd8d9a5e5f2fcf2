"""Dead letters are found by the event's id, the request's, and the record's place."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")

UNDO = """
drop index dead_letters_event;
drop index dead_letters_request;
drop index dead_letters_record;
"""


class Migration(migrations.Migration):
    dependencies = [("broker", "0003_rejected")]
    operations = [migrations.RunSQL(SQL.read_text(), UNDO)]
