"""Positions, canaries and counters of connectors whose store can't hold them; read and written by connectors/stores only."""

from django.db import migrations

# An event's id and a series' labels have no bound and a key has one: both are known by a digest.
CREATE = """
CREATE TABLE connector_positions (
    connector text, topic text, partition integer, next_offset bigint NOT NULL, incarnation text NOT NULL,
    cluster_id text NOT NULL, written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connector, topic, partition)
);
CREATE TABLE connector_canaries (
    connector text, stream text, id_digest text, event_id text NOT NULL, sent_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (connector, stream, id_digest)
);
CREATE TABLE connector_counters (
    connector text, metric text, labels_digest text, labels jsonb NOT NULL, value double precision NOT NULL,
    PRIMARY KEY (connector, metric, labels_digest)
);
"""
DROP = "DROP TABLE connector_counters, connector_canaries, connector_positions"


class Migration(migrations.Migration):
    dependencies = [("connectors", "0003_rules")]
    operations = [migrations.RunSQL(CREATE, DROP)]
