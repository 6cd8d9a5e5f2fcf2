"""Fields for what the intake asks of events beyond their schema: of a stream, and of a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from streamconfig.forms import codecs, fields
from streamconfig.forms.bindings import Binding, Path, Setting
from streamconfig.forms.codecs import ABSENT, Codec
from streamconfig.forms.maps import Entries
from streamconfig.forms.rows import RowForm, RowsField

_AS_SERVICE = "As the service says"
_AS_PLATFORM = "As the platform says"
_OWN = "The platform's own"
_STATUS = Codec(lambda value: value in (201, 202), str, lambda value: int(value) if value else ABSENT)  # of HTTP
_ORIGINS = "One a line, such as https://en.wikipedia.org; * alone for any. Browsers name the page that sends."


_IP = [("truncate", "Shorten to the network"), ("drop", "Drop"), ("keep", "Keep")]
_AGENT = [("family", "Reduce to browser and version"), ("drop", "Drop"), ("keep", "Keep")]
_IP_HELP, _AGENT_HELP = (
    "What becomes of fields that the schema marks as an address.",
    "Likewise for fields marked as a user agent.",
)
_ANONYMOUS = "Whether events are taken without a producer key."
_DNT, _GPC = "A request with DNT: 1 loses every marked field.", "Likewise for Sec-GPC: 1."
_CLEARS = "Yes: hashed, shortened or dropped at once, as the schema says for later."


class DoorFields(forms.Form):
    """What a stream may leave to its service."""

    door_origins = fields.prose("Pages that may send", f"{_ORIGINS} Empty: as the service says.", rows=3)
    door_anonymous = fields.flag("Anonymous clients", _ANONYMOUS, otherwise=_AS_SERVICE)
    door_error_stream = fields.text("Error stream", "Refused events are told there. Empty: on the service's.")
    door_ip = fields.choice("Addresses of people", [("", _AS_SERVICE), *_IP], _IP_HELP)
    door_agent = fields.choice("User agents", [("", _AS_SERVICE), *_AGENT], _AGENT_HELP)
    door_dnt = fields.flag("Heed Do Not Track", _DNT, otherwise=_AS_SERVICE)
    door_gpc = fields.flag("Heed Global Privacy Control", _GPC, otherwise=_AS_SERVICE)
    door_clears = fields.flag("Other marked fields", _CLEARS, otherwise=_AS_SERVICE)


class StreamDoorFields(DoorFields):
    """A stream's key `intake`."""

    door_rate = forms.FloatField(
        label="Events a second",
        required=False,
        min_value=0,
        widget=fields.NumberInput,
        help_text="Of all producers together; more is answered 429. Empty: as many as come.",
    )
    door_quota = fields.whole("Events a day", "Likewise for each day (UTC).")
    door_log_away = fields.choice(
        "While the log is away",
        [("", "Spool"), ("spool", "Spool: kept on the intake's disk, answered 202"), ("refuse", "Refuse: 503, send again")],
        "A stream whose order must hold across hosts refuses.",
    )


class SourceRow(RowForm):
    """A CloudEvents source and the stream of its events."""

    name = fields.text("CloudEvents source")
    path = fields.text("Stream")

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        name, stream = item
        return {"name": name, "path": stream}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("name", "path"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Name the source and the stream of its events.")
        return cleaned

    def item(self) -> tuple[str, Any]:
        return self.cleaned_data["name"], self.cleaned_data["path"]


class ServiceDoorFields(DoorFields):
    """What the intake does for a service: what it leaves open, the platform says."""

    door_origins = fields.prose("Pages that may send", f"{_ORIGINS} Empty: any.", rows=3)
    door_anonymous = fields.flag("Anonymous clients", _ANONYMOUS, otherwise=_AS_PLATFORM)
    door_error_stream = fields.text("Error stream", "Refused events are told there. Empty: on the platform's own topic.")
    door_ip = fields.choice("Addresses of people", [("", "As the schema's marks say"), *_IP], _IP_HELP)
    door_agent = fields.choice("User agents", [("", "As the schema's marks say"), *_AGENT], _AGENT_HELP)
    door_dnt = fields.flag("Heed Do Not Track", _DNT, otherwise=_AS_PLATFORM)
    door_gpc = fields.flag("Heed Global Privacy Control", _GPC, otherwise=_AS_PLATFORM)
    door_clears = fields.flag("Other marked fields", _CLEARS, otherwise=_AS_PLATFORM)
    door_profile = fields.choice(
        "Answers", [("", _OWN), ("ours", _OWN), ("eventgate", "As EventGate, to the byte")], "How requests are answered."
    )
    door_hosts = fields.prose("Hosts", "One a line; a request to one of these names means this service.", rows=2)
    door_spooled = fields.choice(
        "Answer to spooled events", [("", "202"), ("202", "202"), ("201", "201")], "While the log is away."
    )
    door_duplicates = fields.whole(
        "Duplicates, seconds", "So long a repeated meta.id is answered, not stored. 0: never.", least=0
    )
    door_sources = RowsField(SourceRow, label="CloudEvents", help_text="The stream of a source; other sources are refused.")
    limit_body = fields.whole("Bytes of a request")
    limit_event = fields.whole("Bytes of an event")
    limit_events = fields.whole("Events of a request")
    limit_depth = fields.whole("Levels of an event", "How deep objects and arrays nest.")
    limit_keys = fields.whole("Keys of an object")
    limit_key_rate = forms.FloatField(
        label="Events a second of a key",
        required=False,
        min_value=0,
        widget=fields.NumberInput,
        help_text="Of one producer key.",
    )
    limit_key_quota = fields.whole("Events a day of a key")
    limit_address_rate = forms.FloatField(
        label="Events a second of an address",
        required=False,
        min_value=0,
        widget=fields.NumberInput,
        help_text="Of clients without a key.",
    )
    gate_streams = fields.flag(
        "Only configured streams",
        "No: any schema in any stream, as EventGate without stream configuration.",
        otherwise=_AS_PLATFORM,
    )
    gate_slashless = fields.flag("Schema URIs without a leading slash", otherwise=_AS_PLATFORM)
    gate_schema_parameter = fields.text("Parameter of the schema URI", "Of the query, as schema_uri. Empty: not heeded.")
    gate_stream_parameter = fields.text("Parameter of the stream", "Likewise, as stream.")
    gate_dt = fields.text("Field of the record's time", "Dotted path, such as meta.dt. Empty: when it was received.")
    gate_cors = fields.text("Access-Control-Allow-Origin", "What every answer says. Empty: any page.")


def _door(prefix: Path) -> Iterator[Binding]:
    privacy = (*prefix, "privacy")
    yield Setting("door_origins", (*prefix, "origins"), codecs.LINES)
    yield Setting("door_anonymous", (*prefix, "allows_anonymous"), codecs.CHOICE)
    yield Setting("door_error_stream", (*prefix, "error_stream"))
    yield Setting("door_ip", (*privacy, "ip"))
    yield Setting("door_agent", (*privacy, "user_agent"))
    yield Setting("door_dnt", (*privacy, "heeds_dnt"), codecs.CHOICE)
    yield Setting("door_gpc", (*privacy, "heeds_gpc"), codecs.CHOICE)
    yield Setting("door_clears", (*privacy, "clears_at_door"), codecs.CHOICE)


OF_STREAM: tuple[Binding, ...] = (
    *_door(("intake",)),
    Setting("door_rate", ("intake", "events_per_second"), codecs.NUMBER),
    Setting("door_quota", ("intake", "events_per_day"), codecs.WHOLE),
    Setting("door_log_away", ("intake", "when_log_away")),
)
OF_SERVICE: tuple[Binding, ...] = (
    *_door(()),
    Setting("door_profile", ("profile",)),
    Setting("door_hosts", ("hosts",), codecs.LINES),
    Setting("door_spooled", ("spooled_status",), _STATUS),
    Setting("door_duplicates", ("duplicate_seconds",), codecs.WHOLE),
    Entries("door_sources", ("sources",)),
    Setting("limit_body", ("limits", "max_body_bytes"), codecs.WHOLE),
    Setting("limit_event", ("limits", "max_event_bytes"), codecs.WHOLE),
    Setting("limit_events", ("limits", "max_events"), codecs.WHOLE),
    Setting("limit_depth", ("limits", "max_depth"), codecs.WHOLE),
    Setting("limit_keys", ("limits", "max_keys"), codecs.WHOLE),
    Setting("limit_key_rate", ("limits", "key_events_per_second"), codecs.NUMBER),
    Setting("limit_key_quota", ("limits", "key_events_per_day"), codecs.WHOLE),
    Setting("limit_address_rate", ("limits", "address_events_per_second"), codecs.NUMBER),
    Setting("gate_streams", ("eventgate", "needs_streams"), codecs.CHOICE),
    Setting("gate_slashless", ("eventgate", "allows_slashless"), codecs.CHOICE),
    Setting("gate_schema_parameter", ("eventgate", "schema_uri_parameter")),
    Setting("gate_stream_parameter", ("eventgate", "stream_parameter")),
    Setting("gate_dt", ("eventgate", "dt_field")),
    Setting("gate_cors", ("eventgate", "cors")),
)
# How the admin groups them.
STREAM_GROUP: list[Any] = [
    ("door_origins", "door_anonymous"),
    ("door_rate", "door_quota"),
    "door_log_away",
    "door_error_stream",
    ("door_ip", "door_agent"),
    ("door_dnt", "door_gpc", "door_clears"),
]
SERVICE_GROUPS: list[Any] = [
    ("How it answers", {"fields": [("door_profile", "door_spooled"), "door_hosts", "door_duplicates", "door_error_stream"]}),
    ("Who may send", {"fields": [("door_origins", "door_anonymous"), "door_sources"]}),
    (
        "How much",
        {
            "classes": ["collapse"],
            "fields": [
                ("limit_key_rate", "limit_key_quota", "limit_address_rate"),
                ("limit_body", "limit_event", "limit_events"),
                ("limit_depth", "limit_keys"),
            ],
        },
    ),
    ("What is kept of people", {"fields": [("door_ip", "door_agent"), ("door_dnt", "door_gpc", "door_clears")]}),
    (
        "As an EventGate deployment",
        {
            "classes": ["collapse"],
            "fields": [
                ("gate_streams", "gate_slashless"),
                ("gate_schema_parameter", "gate_stream_parameter"),
                ("gate_dt", "gate_cors"),
            ],
        },
    ),
]
