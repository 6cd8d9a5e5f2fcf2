"""Dead letters of every source, their groups, and positions in error streams."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")

UNDO = """
drop trigger dead_letters_added on dead_letters;
drop trigger dead_letters_removed on dead_letters;
drop trigger dead_letters_replayed on dead_letters;
drop function dead_letters_added;
drop function dead_letters_removed;
drop function dead_letters_replayed;
drop table dead_letter_runs;
drop table dead_letter_positions;
drop table dead_letter_counts;
drop table dead_letter_groups;
delete from dead_letters where source <> 'connector';
alter table dead_letters
    drop column group_key, drop column source, drop column service, drop column schema_id, drop column event_id,
    drop column client, drop column outcome, drop column remedy, drop column request_id, drop column violations,
    drop column is_cut, drop column received_at, drop column replayed_by, drop column replayed_as;
alter table dead_letters rename column name to connector;
"""


class Migration(migrations.Migration):
    dependencies = [("broker", "0002_dead_letters")]
    operations = [migrations.RunSQL(SQL.read_text(), UNDO)]
