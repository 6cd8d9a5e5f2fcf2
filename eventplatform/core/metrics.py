"""Every metric of the platform, one line of meaning each: `eventplatform_{room}_{noun}_{unit}`."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from eventplatform.core.stated import Stated

INTAKE_RECEIVED = Counter(
    "eventplatform_intake_received_total",
    "Events received, by service, counted before they are judged: the outcomes' sum and what is under way.",
    ["service"],
)
INTAKE_EVENTS = Counter(
    "eventplatform_intake_events_total",
    "What became of events, by service, stream, outcome and reason.",
    ["service", "stream", "outcome", "reason"],
)
INTAKE_BODIES = Counter(
    "eventplatform_intake_bodies_refused_total",
    "Requests refused as a whole, of which no event could be read, by service and reason.",
    ["service", "reason"],
)
INTAKE_REQUESTS = Counter(
    "eventplatform_intake_requests_total", "Requests answered by the intake, by door and status.", ["door", "status"]
)
INTAKE_SECONDS = Histogram(
    "eventplatform_intake_request_seconds",
    "Time from the whole body to the answer.",
    ["door", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
INTAKE_REJECTIONS = Counter(
    "eventplatform_intake_rejections_total",
    "Refused events by stream and whether an error stream was told (recorded, over_rate, queue_full, lost_at_stop, failed).",
    ["stream", "result"],
)
INTAKE_NOTES = Counter(
    "eventplatform_intake_notes_total",
    "Events that a debug id marked or somebody watched, by where they were noted (shared, kept_here) or why not "
    "(over_rate, queue_full, failed).",
    ["result"],
)
INTAKE_IGNORED = Counter(
    "eventplatform_intake_ignored_attributes_total",
    "Attributes of CloudEvents that have no place in an event, by service and kind (subject, extension).",
    ["service", "kind"],
)
INTAKE_REFUSED = Counter(
    "eventplatform_intake_refused_total",
    "Requests and connections that the intake's server refused before the door saw them, by the error's code.",
    ["reason"],
)
INTAKE_CONNECTIONS = Gauge("eventplatform_intake_connections", "Open connections of the intake.", multiprocess_mode="livesum")
REJECTED_READ = Counter(
    "eventplatform_rejected_read_total",
    "Records read from error streams, by what they gave (letter, no_error_event).",
    ["result"],
)
REJECTED_MISSED = Counter(
    "eventplatform_rejected_missed_total", "Records of error streams that were gone before they were read."
)
SNAPSHOT_AGE = Gauge(
    "eventplatform_snapshot_age_seconds", "Since this process last confirmed its configuration.", multiprocess_mode="livemax"
)
SNAPSHOT_REVISION = Gauge(
    "eventplatform_snapshot_revision", "Revision of the configuration that this process serves.", multiprocess_mode="livemin"
)
SNAPSHOT_CONFIRMED = Gauge(
    "eventplatform_snapshot_confirmed_timestamp_seconds",
    "When the process whose configuration is oldest last confirmed it; of processes that follow it all the time.",
    multiprocess_mode="livemin",
)
LOG_RECORDS = Counter("eventplatform_log_records_total", "Records acknowledged by the log, by topic.", ["topic"])
LOG_FAILURES = Counter(
    "eventplatform_log_failures_total", "Records the log did not take, by topic and reason.", ["topic", "reason"]
)
SPOOL_APPENDED = Counter("eventplatform_spool_appended_total", "Records kept on this host's disk because the log was away.")
SPOOL_DRAINED = Counter(
    "eventplatform_spool_drained_total", "Records that went from the spool into the log, by topic.", ["topic"]
)
SPOOL_QUARANTINED = Counter(
    "eventplatform_spool_quarantined_total",
    "What of the spool was set aside, by reason: torn, damaged, or the code of the log's refusal.",
    ["reason"],
)
SPOOL_RECORDS = Gauge(
    "eventplatform_spool_records", "Records waiting in this host's spool.", multiprocess_mode="livemostrecent"
)
SPOOL_BYTES = Gauge("eventplatform_spool_bytes", "Bytes waiting in this host's spool.", multiprocess_mode="livemostrecent")
SPOOL_SINCE = Gauge(
    "eventplatform_spool_oldest_timestamp_seconds",
    "When the oldest waiting record came into this host's spool; 0 while none waits.",
    multiprocess_mode="livemostrecent",
)
SPOOL_USED = Gauge(
    "eventplatform_spool_used_ratio",
    "How full this host's spool is: 1 is full, from 0.8 on health is red.",
    multiprocess_mode="livemostrecent",
)
SPOOL_STATE = Gauge(
    "eventplatform_spool_state",
    "Of this host's spool: 0 empty, 1 the log is away, 2 draining, 3 nearly full, 4 full, 5 unusable.",
    multiprocess_mode="livemax",
)
CONNECTOR_RECORDS = Counter(
    "eventplatform_connector_records_total",
    "Records handled, by connector and outcome (written, canary, dead_lettered, skipped, discarded_row, discarded_value).",
    ["connector", "outcome"],
)
CONNECTOR_SLICES = Counter(
    "eventplatform_connector_slices_total",
    "Slices ended, by connector and how (done, fenced, retry, failed).",
    ["connector", "end"],
)
CONNECTOR_EXPIRED = Counter(
    "eventplatform_connector_expired_total",
    "Rows, or files where rows aren't known, deleted from stores because their stream keeps them no longer.",
    ["connector"],
)
CONNECTOR_LAG = Gauge(
    "eventplatform_connector_lag_records",
    "Records between a connector's offset and the log's end.",
    ["connector"],
    multiprocess_mode="mostrecent",
)
CONNECTOR_NEAR_RETENTION = Gauge(
    "eventplatform_connector_retention_near_partitions",
    "Partitions whose oldest unread record the log deletes before twice its lag has passed.",
    ["connector"],
    multiprocess_mode="mostrecent",
)
TARGET_OPENED = Counter(
    "eventplatform_target_opened_total", "Times that a target's breaker opened, or stayed open after a probe.", ["target"]
)
CANARY_SENT = Counter(
    "eventplatform_canary_sent_total",
    "Canary events posted, by stream, topic prefix and answer (a status, or none).",
    ["stream", "prefix", "answer"],
)
ALERT_NOTIFICATIONS = Counter(
    "eventplatform_alert_notifications_total",
    "Attempts to tell a receiver of alerts, by its kind and what became of it (sent, failed).",
    ["receiver", "result"],
)
WEB_REQUESTS = Counter(
    "eventplatform_web_requests_total",
    "Requests answered by the role web, by method, route (the pattern of the address; empty where none fits) and status.",
    ["method", "route", "status"],
)
WEB_SECONDS = Histogram(
    "eventplatform_web_request_seconds",
    "Time from the request to the beginning of its answer, by route.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WORKER_TASKS = Counter(
    "eventplatform_worker_tasks_total",
    "Tasks that workers took, by task and state (succeeded, failed, retried, dropped: too old to be of use).",
    ["task", "state"],
)
WORKER_TASK_SECONDS = Histogram(
    "eventplatform_worker_task_seconds",
    "How long tasks ran, by task.",
    ["task"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)

# What the role web says of the platform as a whole at each scrape; no process counts it.
DATABASE_UP = Stated("eventplatform_database_up", "1 where the role web reaches its database, else 0.")
REDIS_UP = Stated("eventplatform_redis_up", "1 where the role web reaches the workers' message broker, else 0.")
LOG_UP = Stated("eventplatform_log_up", "1 where the event log answered when it was last asked, else 0.")
HEARTBEAT_AGE = Stated(
    "eventplatform_role_heartbeat_age_seconds",
    "Since the last sign of life, by role (worker: beat sent a task and a worker ran it).",
    ("role",),
)
ROLE_PROCESSES = Stated("eventplatform_role_processes", "Living processes of the role on this machine.", ("role",))
ROLE_RESIDENT = Stated("eventplatform_role_resident_bytes", "Memory of the role's processes together.", ("role",))
ROLE_FILES = Stated("eventplatform_role_open_files", "Open file descriptors of the role's processes together.", ("role",))
ALERTS_OPEN = Stated(
    "eventplatform_alerts_open", "Open alerts, by kind (the name of its runbook) and severity.", ("kind", "severity")
)
STREAM_EVENTS = Stated(
    "eventplatform_stream_events_per_minute", "Events without canaries in the last whole minute, by stream.", ("stream",)
)
CANARY_AGE = Stated(
    "eventplatform_canary_age_seconds",
    "Since the canary was sent that the stage saw last, by stream, topic prefix and stage (intake, topic, a connector).",
    ("stream", "prefix", "stage"),
)
CANARY_LATENCY = Stated(
    "eventplatform_canary_latency_seconds",
    "How long the last canary took to the stage, by stream, topic prefix and stage.",
    ("stream", "prefix", "stage"),
)
CANARY_FAILING = Stated(
    "eventplatform_canary_failing",
    "1 where the stage is the first that canaries don't pass, else 0, by stream, topic prefix and stage.",
    ("stream", "prefix", "stage"),
)
CONNECTOR_LAG_SECONDS = Stated(
    "eventplatform_connector_lag_seconds",
    "How long a connector's oldest unread record waits; 0 where none does.",
    ("connector",),
)
CONNECTOR_STATE = Stated(
    "eventplatform_connector_state",
    "Of a connector: 0 idle, 1 running, 2 paused by a person, 3 retrying, 4 stopped by an error.",
    ("connector",),
)
CONNECTOR_HOURS_LATE = Stated(
    "eventplatform_connector_hours_late",
    "Hours of the last week that ended and are not complete, by connector (without a name: the log).",
    ("connector",),
)
STREAM_OUT_CLIENTS = Gauge(
    "eventplatform_stream_out_clients", "Clients that streams are given out to at the moment.", multiprocess_mode="livesum"
)
STREAM_OUT_EVENTS = Counter("eventplatform_stream_out_events_total", "Events given out, each counted once for each client.")
STREAM_OUT_DROPPED = Counter(
    "eventplatform_stream_out_dropped_total", "Events that clients were too slow for, and were told of instead."
)
STREAM_OUT_SKIPPED = Counter(
    "eventplatform_stream_out_skipped_total",
    "Records that are given out to nobody, by reason (tombstone, no_event, schema_unknown: personal data in it is unknown).",
    ["reason"],
)
STREAM_OUT_REFUSED = Counter(
    "eventplatform_stream_out_refused_total", "Requests for streams that were refused, by the error's code.", ["reason"]
)
