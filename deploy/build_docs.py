"""Writes `docs/reference` from the code and checks the links of every page: `make docs`; `--check` only compares."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy import alert_rules, dashboard  # noqa: E402  # the project's folder must be on the path first
from eventplatform import env  # noqa: E402  # likewise
from eventplatform.core.errors import PlatformError  # noqa: E402  # likewise

REFERENCE = ROOT / "docs/reference"
HEAD = "<!-- Made from the code by `make docs`; edit the code instead. -->\n\n"
OF_COMMANDS = (
    ("KAFKA", "`make run KAFKA=1` starts a real Kafka and uses it as the log"),
    ("REQUIRE_SERVICES", "a heavy server that can't be started fails its tests instead of skipping them"),
)
_KINDS = {"one_of": "one of", "time_zone": "time zone"}
ROOMS = ("eventplatform", "registry", "streamconfig", "intake", "connectors", "monitoring")


def settings_page() -> str:
    """Every variable of the environment, with its default and the comment that stands beside it."""
    lines = ["# Settings", "", "Read once from the environment, by `eventplatform/env.py`.", ""]
    lines += ["| variable | kind | default | meaning |", "|---|---|---|---|"]
    path = ROOT / "eventplatform/settings.py"
    text = path.read_text()
    rows = [(name, kind, default, _comment(text.splitlines(), line)) for name, kind, default, line in _variables(text)]
    lines += [f"| `{name}` | {kind} | {default} | {meaning} |" for name, kind, default, meaning in sorted(rows)]
    lines += ["", "Of single commands:", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in OF_COMMANDS]
    return "\n".join(lines)


def _variables(text: str) -> Iterator[tuple[str, str, str, int]]:
    seen = set()
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first = node.args[0]
        if ast.unparse(node.func.value) != "env" or not isinstance(first, ast.Constant) or first.value in seen:
            continue
        seen.add(first.value)
        given = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "default"), None)
        yield (
            str(first.value),
            _KINDS.get(node.func.attr, node.func.attr),
            f"`{ast.unparse(given)}`" if given is not None else "",
            node.lineno,
        )


def _comment(lines: list[str], number: int) -> str:
    """The comment at the end of the line, or the one on the line above."""
    _, mark, beside = lines[number - 1].partition("  # ")
    if mark:
        return beside.replace("|", "\\|")
    above = lines[number - 2].strip() if number > 1 else ""
    return above.removeprefix("# ").replace("|", "\\|") if above.startswith("# ") and not above.startswith("# ---") else ""


def _errors() -> list[tuple[type[PlatformError], str]]:
    """Every error that a user may see, by its code, with its family."""
    from eventplatform.core import errors

    for room in ROOMS:
        for module in pkgutil.walk_packages([str(ROOT / room)], f"{room}."):
            if ".migrations" not in module.name and not module.name.endswith(("__main__", "asgi", "wsgi")):
                importlib.import_module(module.name)
    families = (errors.RetriableError, errors.RejectedError, errors.FatalError)
    found = {c for c in _subclasses(PlatformError) if c not in families and c.__module__.split(".")[0] in ROOMS}
    family = {c: next((f.__name__.removesuffix("Error").lower() for f in families if issubclass(c, f)), "") for c in found}
    return [(error, family[error]) for error in sorted(found, key=lambda c: (c.code, c.__name__))]


def errors_page() -> str:
    """Every error that a user may see, by its code."""
    lines = [
        "# Errors",
        "",
        "Codes are stable. *retriable*: try again later. *rejected*: mend the event. *fatal*: an operator decides.",
        "",
    ]
    lines += ["| code | family | status | what it says | remedy |", "|---|---|---|---|---|"]
    for error, family in _errors():
        lines.append(f"| `{error.code}` | {family} | {error.http_status} | {_cell(error.message)} | {_cell(error.remedy)} |")
    return "\n".join(lines)


def error_codes() -> str:
    """The same for the pages that answers of the intake link to."""
    listed = [
        {
            "code": error.code,
            "family": family,
            "status": error.http_status,
            "about": " ".join(inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0].replace("`", "").split()),
            "message": error.message,
            "remedy": error.remedy,
        }
        for error, family in _errors()
    ]
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def _cell(text: str) -> str:
    """Text for a table's cell: one line, bars escaped, placeholders as code."""
    return re.sub(r"\{(\w+)[^}]*\}", r"`\1`", text).replace("|", "\\|").replace("\n", " ")


def _subclasses(kind: type[PlatformError]) -> Iterator[type[PlatformError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def metrics_page() -> str:
    """Every metric with its labels and its one line of meaning."""
    from prometheus_client.metrics import MetricWrapperBase

    from eventplatform.core import metrics
    from eventplatform.core.stated import Stated

    lines = [
        "# Metrics",
        "",
        "Prometheus text format, at `/metrics` of the three roles that have a door: those of intake and stream tell of",
        "themselves, the web role's of the web and of the platform as a whole. Worker, watcher and beat have none; the web",
        "role on the same machine reads theirs: `/metrics?role=worker`, `/metrics?role=watcher`, `/metrics?role=beat`.",
        "How to collect them:",
        "[monitor with Prometheus](../how-to/monitor-with-prometheus.md).",
        "",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    for metric in vars(metrics).values():
        if isinstance(metric, Stated):
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            lines.append(f"| `{metric.name}` | gauge | {labels} | {metric.documentation} |")
        elif isinstance(metric, MetricWrapperBase):
            described = next(iter(metric.describe()))
            name = described.name + ("_total" if described.type == "counter" else "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001  # the client offers no public way
            lines.append(f"| `{name}` | {described.type} | {labels} | {described.documentation} |")
    return "\n".join(lines)


def commands_page() -> str:
    """The verbs of the Makefile and of `manage.py`."""
    from django.core.management import get_commands, load_command_class

    lines = ["# Commands", "", "## make", "", "| target | what it does |", "|---|---|"]
    for name, meaning in re.findall(r"^([a-z-]+):.*?## (.+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE):
        lines.append(f"| `make {name}` | {meaning} |")
    lines += ["", "## manage.py", "", "| command | what it does |", "|---|---|"]
    for name, app in sorted(get_commands().items()):
        if str(app).split(".")[0] in ROOMS:
            command = load_command_class(str(app), name)
            lines.append(f"| `manage.py {name}` | {' '.join(command.help.split())} |")
    return "\n".join(lines)


def openapi_page() -> str:
    """The OpenAPI document of the web role."""
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    generator, renderer = cast("Any", SchemaGenerator)(), cast("Any", OpenApiYamlRenderer)()  # both come without types
    rendered: bytes = renderer.render(generator.get_schema(request=None, public=True), renderer_context={})
    return rendered.decode().rstrip()


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    made = {
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "metrics.md": metrics_page(),
        "commands.md": commands_page(),
        "connectors.md": connectors_page(),
        "guidelines.md": guidelines_page(),
        "findings.md": findings_page(),
        "runbooks.md": runbooks_page(),
    }
    texts = {REFERENCE / name: HEAD + text + "\n" for name, text in made.items()}
    return texts | {
        REFERENCE / "openapi.yaml": openapi_page() + "\n",
        ROOT / "eventplatform/error_codes.json": error_codes(),
        ROOT / "deploy/prometheus/alerts.yml": alert_rules.rules_file(),
        ROOT / "deploy/grafana/dashboard.json": dashboard.dashboard(),
    }


def findings_page() -> str:
    """What lint finds in the stream configuration."""
    from streamconfig.lint import linter

    lines = [
        "# Findings of the stream configuration",
        "",
        "What `manage.py check_streams`, `/streams/findings` and `/api/v1/findings` tell. error: something doesn't work.",
        "warning: it most likely isn't what somebody meant. info: it could be tidier. Words in braces are facts of the place.",
        "",
        "| code | level | message | remedy |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{kind.code}` | {kind.level} | {_cell(kind.message)} | {_cell(kind.remedy)} |" for kind in linter.kinds()]
    return "\n".join(lines)


def runbooks_page() -> str:
    """Every kind of trouble with what to do, as the pages `/runbooks/<kind>` have it."""
    from monitoring.alerts import kinds

    lines = ["# Runbooks", "", "What can be found wrong. The pages `/runbooks/<kind>` add what is open of it."]
    lines += ["How alerts are handled: [Hear of what is wrong](../how-to/alerts.md).", ""]
    lines += ["critical: events are lost, late or refused, or nobody can tell. warning: they will be. info: never an alert."]
    lines += ["", "| kind | title | severity |", "|---|---|---|"]
    every = kinds.KINDS.values()
    lines += [f"| [`{one.code}`](#{one.code.replace('.', '')}) | {one.title} | {one.severity} |" for one in every]
    for one in every:
        lines += ["", f"## {one.code}", "", f"**{one.title}** ({one.severity}). {one.means}", "", "Look at first:", ""]
        lines += [*(f"- {text}" for text in one.look), "", "What mends it:", "", *(f"- {text}" for text in one.mend)]
        above = [f"`{code}`" for code in kinds.HOLDS if kinds.held_by(one.code, [code])]
        lines += ["", f"Held while one of these lasts: {', '.join(above)}."] if above else []
    return "\n".join(lines)


def connectors_page() -> str:
    """Every kind of sink with its options, as declared in the sink's own file."""
    from connectors import catalog
    from connectors.options import declared
    from connectors.rules import Rules

    lines = ["# Connectors", "", "Kinds are the files of `connectors/sinks/` and the entry points `eventplatform.sinks`."]
    lines += ["", "## Rules of every connector", ""]
    lines += [
        "Which streams it takes, and how it keeps their events. A stream says `enabled`, `mode`, `key`, `columns`, `types`,",
        "`ttl_seconds`, `records_per_second`, `privacy`, and `retention_days` and `batch_rows`, for itself in its settings,",
        "under `consumers` and the connector's name, its target's, or the name that the rule `consumer` adds. That",
        "counts first.",
    ]
    lines += ["", "| rule | type | default | meaning |", "|---|---|---|---|"]
    for rule in declared(Rules):
        words = f" One of {', '.join(f'`{word}`' for word in rule.choices)}." if rule.choices and not rule.names else ""
        lines.append(f"| `{rule.name}` | {rule.type.__name__} | `{rule.default!r}` | {_cell(rule.help)}{words} |")
    for kind in (catalog.describe(name) for name in catalog.names()):
        lines += ["", f"## {kind.name}: {kind.title}", "", f"Guarantee: {kind.guarantee}"]
        for heading, options in (("Target", kind.target_options), ("Connector", kind.options)):
            lines += ["", f"### {heading}", "", "| option | type | default | meaning |", "|---|---|---|---|"]
            for option in options:
                default = "required" if option.is_required else "" if option.is_secret else f"`{option.default!r}`"
                secret = " Kept encrypted, never shown." if option.is_secret else ""
                lines.append(f"| `{option.name}` | {option.type.__name__} | {default} | {_cell(option.help)}{secret} |")
    return "\n".join(lines)


def guidelines_page() -> str:
    """Every guideline for event schemas, with what two traditions said, what holds and why, and its examples."""
    from registry.guidelines import RULES, samples

    lines = [
        "# Guidelines for event schemas",
        "",
        "The platform shows them at `/schemas/guidelines`; `eventschemas lint` checks them.",
    ]
    lines += [
        "The *strict* profile holds all; the *compatible* one gives the verdicts of jsonschema-tools 1.3.0, rule by rule."
    ]
    lines += ["Examples are changes to this schema, which keeps every rule:", "", "```yaml", samples.TEXT.rstrip(), "```", ""]
    lines += ["| rule | title | in jsonschema-tools | profiles |", "|---|---|---|---|"]
    for rule in RULES:
        names = " ".join(f"`{name}`" for name in (rule.alias, *rule.also) if name)
        profiles = ", ".join(sorted(rule.profiles))
        lines.append(f"| [{rule.code}](#{rule.code.lower()}) | {_cell(rule.title)} | {names} | {profiles} |")
    section = ""
    for rule in RULES:
        lines += ["", f"## {rule.section}"] if rule.section != section else []
        section = rule.section
        lines += ["", f"### {rule.code}", "", f"**{rule.title}.**", "", f"- Analytics: {rule.analytics}"]
        lines += [
            f"- Production: {rule.production}",
            f"- Here: {rule.chosen}",
            f"- Why: {rule.why}",
            f"- Remedy: {rule.remedy}",
        ]
        lines += ["", "```yaml", "# good", rule.good.rstrip(), "# not so", rule.bad.rstrip(), "```"]
    return "\n".join(lines)


def broken_links() -> list[str]:
    """Relative links of all Markdown pages that lead nowhere."""
    wrong = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"), *ROOT.glob("deploy/**/*.md")]:
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text()):
            link = target[0] or target[1]
            if re.match(r"[a-z]+:", link) or link.startswith("#"):
                continue
            if not (page.parent / link.split("#")[0]).exists():
                wrong.append(f"{page.relative_to(ROOT)}: {link}")
    return wrong


def main() -> int:
    """Write the pages, or with `--check` say which are out of date."""
    env.use_settings()
    django.setup()
    REFERENCE.mkdir(parents=True, exist_ok=True)
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        problems = [f"{path.relative_to(ROOT)} is out of date; run `make docs`" for path in stale]
    else:
        for path in stale:
            path.write_text(pages()[path])
        problems = []
        print(f"docs/reference: {len(stale)} pages written")
    problems += [f"broken link: {link}" for link in broken_links()]
    print("\n".join(problems) or "docs: up to date, no broken link")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
