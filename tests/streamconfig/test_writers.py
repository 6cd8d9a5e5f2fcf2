"""The code itself: who writes what is live, and who calls the one that does; nobody else may."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from django.conf import settings

from streamconfig.models import ConfigurationState, Defaults, Item, Revision, Stream

LIVE = (Stream, Defaults, Item, Revision, ConfigurationState)
WRITERS = {"streamconfig/change_control/publishing.py", "streamconfig/stream_rows.py", "streamconfig/item_rows.py"}
PUBLISHERS = {"streamconfig/change_control/carrying_out.py", "streamconfig/change_control/kill.py"}
WRITES = {
    "create", "bulk_create", "update", "bulk_update", "delete", "save", "get_or_create", "update_or_create",
    "acreate", "aupdate", "asave", "adelete", "abulk_create",
}  # fmt: skip
NAMES = {
    "Stream", "Defaults", "Item", "Revision", "ConfigurationState",
    "Team", "IntakeService", "Site", "Override", "Instrument", "Policy",
}  # fmt: skip
# Empty rows that a form or a lock needs to exist; they say nothing.
EMPTY = {("streamconfig/admin/defaults.py", "Defaults.objects.get_or_create")}


def product() -> Iterator[tuple[str, ast.Module]]:
    for app in ("streamconfig", "monitoring", "connectors", "intake", "registry", "processing", "eventplatform"):
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(settings.BASE_DIR)), ast.parse(path.read_text())


def written(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Calls such as `Stream.objects.filter(…).update(…)` on a live model, by what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            names = [one.id for one in ast.walk(node.func) if isinstance(one, ast.Name)]
            managers = [one.attr for one in ast.walk(node.func) if isinstance(one, ast.Attribute)]
            if NAMES & set(names) and {"objects", "_default_manager", "_base_manager"} & set(managers):
                yield ast.unparse(node.func), node.lineno


def test_code__live_rows__are_written_by_publishing_alone() -> None:
    found = [
        f"{path}:{line} {text}"
        for path, tree in product()
        for text, line in written(tree)
        if path not in WRITERS and (path, text) not in EMPTY
    ]

    assert found == []


def test_code__publish__is_called_by_change_control_alone() -> None:
    calls = {
        path
        for path, tree in product()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"publishing.publish", "carrying_out.publish"}
    }
    imports = {
        path
        for path, tree in product()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("streamconfig.change_control.")
        and "publish" in {alias.name for alias in node.names}
    }

    assert calls == PUBLISHERS
    assert imports == set()


def test_code__tables_of_live_rows__are_in_no_sql_of_ours() -> None:
    tables = [f"{verb} {model._meta.db_table}" for model in LIVE for verb in ("update", "insert into", "delete from")]
    texts = {
        path: [node.value.lower() for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        for path, tree in product()
    }

    assert [path for path, said in texts.items() for text in said for table in tables if table in text] == []


def test_code__the_check_itself__sees_a_writer() -> None:
    planted = ast.parse("from x import Stream\nStream.objects.filter(name='a').update(owner='b')\nStream.objects.count()")

    assert [line for _, line in written(planted)] == [2]
