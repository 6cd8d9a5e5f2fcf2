"""Makes `deploy/prometheus/alerts.yml`: a rule for each kind of trouble that the platform itself alerts on, by the same name.

Most look at the metrics themselves, so that they hold while whoever evaluates the platform's own alerts is dead; what takes a
baseline or a row to know is taken from the open alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from monitoring.alerts.kinds import Kind

_EVENTS = "eventplatform_intake_events_total"
_REQUESTS = "eventplatform_intake_requests_total"
_REFUSED = f'sum by (stream) (increase({_EVENTS}{{outcome!~"accepted|hasty|spooled|duplicate"}}[1h]))'
_SLOW = "histogram_quantile(0.99, sum by (le, door) (rate(eventplatform_intake_request_seconds_bucket[5m])))"
_FAILED = f'sum(rate({_REQUESTS}{{status=~"5.."}}[5m])) / sum(rate({_REQUESTS}[5m]))'
_DEAD = 'eventplatform_connector_records_total{outcome="dead_lettered"}'


class Look(NamedTuple):
    """Where a rule looks, and for how long it must be so."""

    expression: str
    lasts: str = "1m"


LOOKS = {
    "part.workers": Look('max(eventplatform_role_heartbeat_age_seconds{role="worker"}) > 30', "30s"),
    "part.watcher": Look('max(eventplatform_role_heartbeat_age_seconds{role="watcher"}) > 30', "30s"),
    "part.intake": Look('up{job="eventplatform-intake"} == 0', "30s"),
    "part.log": Look("max(eventplatform_log_up) == 0", "30s"),
    "part.spool": Look("eventplatform_spool_records > 0 or eventplatform_spool_state >= 3"),
    "part.configuration": Look("time() - min(eventplatform_snapshot_confirmed_timestamp_seconds) > 30"),
    "part.database": Look("max(eventplatform_database_up) == 0", "30s"),
    "intake.refused": Look(f"{_REFUSED} > 20 and {_REFUSED} / sum by (stream) (increase({_EVENTS}[1h])) > 0.05", "5m"),
    "intake.slow": Look(f"{_SLOW} > 1", "5m"),
    "intake.failing": Look(f"{_FAILED} > 0.01", "5m"),
    "rejected.missed": Look("increase(eventplatform_rejected_missed_total[1h]) > 0", "0s"),
    "stream_out.silent": Look('max(eventplatform_role_heartbeat_age_seconds{role="stream"}) > 60', "30s"),
    "canary.intake": Look('max by (stream, prefix) (eventplatform_canary_failing{stage="intake"}) == 1', "30s"),
    "canary.topic": Look('max by (stream, prefix) (eventplatform_canary_failing{stage="topic"}) == 1', "30s"),
    "canary.store": Look('max by (stage) (eventplatform_canary_failing{stage!~"intake|topic"}) == 1', "30s"),
    "connector.stopped": Look("eventplatform_connector_state == 4", "30s"),
    "connector.retrying": Look("eventplatform_connector_state == 3", "5m"),
    "connector.behind": Look("eventplatform_connector_lag_seconds > 600", "5m"),
    "connector.retention": Look("eventplatform_connector_retention_near_partitions > 0"),
    "connector.dead_letters": Look(f"sum by (connector) (increase({_DEAD}[15m])) > 0", "0s"),
}


def rules_file() -> str:
    """The file's text."""
    from monitoring.alerts.kinds import KINDS

    rules = [_rule(kind) for kind in KINDS.values() if kind.severity != "info"]
    silent = {
        "alert": "EventPlatformNotScraped",
        "expr": 'up{job=~"eventplatform-.+"} == 0',
        "for": "2m",
        "labels": {"severity": "critical"},
        "annotations": {
            "summary": "A role of the event platform can't be scraped",
            "description": "Prometheus does not reach {{ $labels.job }} at {{ $labels.instance }}: nothing is known of it.",
            "runbook_url": _url("part.unreadable"),
        },
    }
    document = {"groups": [{"name": "eventplatform", "rules": [silent, *rules]}]}
    head = (
        "# Made from monitoring/alerts by `make docs`; edit deploy/alert_rules.py instead. In external_labels of Prometheus,\n"
    )
    head += "# eventplatform_url is where people reach the pages, as https://events.example.org: runbooks are found there.\n"
    return head + yaml.safe_dump(document, sort_keys=False, width=128)


def _rule(kind: Kind) -> dict[str, object]:
    code = kind.code
    look = LOOKS.get(code) or Look(f'max(eventplatform_alerts_open{{kind="{code}"}}) > 0', "0s")
    return {
        "alert": "EventPlatform" + "".join(word.capitalize() for word in code.replace("_", ".").split(".")),
        "expr": look.expression,
        "for": look.lasts,
        "labels": {"severity": kind.severity, "kind": code},
        "annotations": {"summary": kind.title, "description": kind.means, "runbook_url": _url(code)},
    }


def _url(code: str) -> str:
    return f"{{{{ $externalLabels.eventplatform_url }}}}/runbooks/{code}"
