"""What Prometheus and Grafana are given: rules for every kind of alert, valid, over metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy import alert_rules, dashboard
from eventplatform import env, exposition
from eventplatform.core import metrics
from eventplatform.core.stated import Stated
from monitoring.alerts.kinds import KINDS

RULES = env.ROOT / "deploy/prometheus/alerts.yml"
SCRAPE = env.ROOT / "deploy/prometheus/scrape.yml"
BOARD = env.ROOT / "deploy/grafana/dashboard.json"
PROMTOOL = shutil.which("promtool") or str(Path.home() / "go/bin/promtool")

_SELECTOR = re.compile(r"\b(eventplatform_[a-z0-9_]+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_BY = re.compile(r"by \(([^)]*)\)")
_PROMETHEUS_OWN = {"job", "instance", "le"}


def series() -> dict[str, set[str]]:
    """Every name that a scrape can hold, with its labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, Stated):
            found[metric.name] = set(metric.labels)
        elif isinstance(metric, MetricWrapperBase):
            described = next(iter(metric.describe()))
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(described.type, ("",))
            found |= {described.name + end: set(metric._labelnames) for end in ends}
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    return [*(rule["expr"] for rule in rules()), *dashboard.expressions()]


def test_metrics__names__follow_one_rule() -> None:
    odd = [
        name
        for name, labels in series().items()
        if not re.fullmatch(r"eventplatform_[a-z]+(_[a-z]+)*", name) or any(not re.fullmatch(r"[a-z]+", one) for one in labels)
    ]
    assert odd == []


def test_metrics__every_one__has_a_line_of_meaning() -> None:
    told = [metric.documentation for metric in vars(metrics).values() if isinstance(metric, Stated)]
    told += [metric._documentation for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]

    assert all(len(text) > 20 and text.endswith(".") for text in told)


def test_files__are_what_the_code_makes() -> None:
    assert RULES.read_text() == alert_rules.rules_file()
    assert BOARD.read_text() == dashboard.dashboard()


def test_rules__each_kind_of_alert__one_rule_with_its_runbook() -> None:
    found = {rule["labels"]["kind"]: rule for rule in rules() if "kind" in rule["labels"]}

    assert found.keys() == {kind.code for kind in KINDS.values() if kind.severity != "info"}
    assert all(rule["annotations"]["runbook_url"].endswith(f"/runbooks/{code}") for code, rule in found.items())
    assert all(rule["labels"]["severity"] == KINDS[code].severity for code, rule in found.items())
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    assert alert_rules.LOOKS.keys() <= found.keys()


@pytest.mark.parametrize("expression", [pytest.param(text, id=str(n)) for n, text in enumerate(expressions())])
def test_expression__metrics_and_labels__exist(expression: str) -> None:
    known = series()

    used = _SELECTOR.findall(expression)
    labels = {label for _, matchers in used for label in _MATCHER.findall(matchers)}
    grouped = {label.strip() for text in _BY.findall(expression) for label in text.split(",")}
    offered = set().union(*(known.get(name, set()) for name, _ in used)) | _PROMETHEUS_OWN

    assert [name for name, _ in used if name not in known] == []
    assert used or expression.startswith("up{")
    assert (labels | grouped) - offered == set()


def test_scrape__roles__are_those_that_are_exposed() -> None:
    document = yaml.safe_load(SCRAPE.read_text())
    jobs = {job["job_name"]: job.get("params", {}).get("role", [""])[0] for job in document["scrape_configs"]}

    assert set(jobs) == {f"eventplatform-{role}" for role in exposition.ROLES if role != "beat"}
    assert all(name == f"eventplatform-{role}" for name, role in jobs.items() if role)
    assert document["rule_files"] == [RULES.name]


def test_dashboard__shape__is_what_grafana_imports() -> None:
    board = json.loads(BOARD.read_text())
    panels = board["panels"]
    places = [tuple(panel["gridPos"].values()) for panel in panels]

    rows = [row["title"] for row in panels if row["type"] == "row"]
    assert rows == ["Health", "Intake", "Streams", "Streams out", "Connectors", "Canaries"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "stream"}
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels if panel["type"] != "row")
    assert not [(a, b) for n, a in enumerate(places) for b in places[:n] if _overlap(a, b)]
    assert all(x + width <= 24 for x, _, width, _ in places)


def _overlap(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


@pytest.mark.skipif(
    not Path(PROMTOOL).exists(), reason="no promtool: go install github.com/prometheus/prometheus/cmd/promtool@latest"
)
def test_promtool__rules_scrapes_and_expressions__are_valid(tmp_path: Path) -> None:
    of_board = [
        {"record": f"board:{number}:x", "expr": text.replace("$__rate_interval", "1m")}
        for number, text in enumerate(dashboard.expressions())
    ]
    board = tmp_path / "board.yml"
    board.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": of_board}]}))

    for command in (
        ["check", "config", str(SCRAPE)],
        ["check", "rules", "--lint=all", str(RULES)],
        ["check", "rules", str(board)],
    ):
        done = subprocess.run([PROMTOOL, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
