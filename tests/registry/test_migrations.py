"""A database of the release before is brought up to date with its data in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from eventplatform import env
from registry.schema.packing import unpack

pytestmark = pytest.mark.slow

_OLD = """
INSERT INTO registry_registrystate (id, revision, incarnation) VALUES (1, 7, gen_random_uuid());
INSERT INTO registry_repository (id, name, role, "order", folder, problems) VALUES (1, 'mine', 'primary', 0, '', '[]');
INSERT INTO registry_schematitle (id, name, repository_id) VALUES (1, 'a/b', 1);
"""
_VERSION = """
INSERT INTO registry_schemaversion (id, title_id, schema_id, major, minor, patch, description, document_text, content_hash,
  raw_text, raw_hash, is_self_contained, path, field_paths, field_count, imported_at)
VALUES (%s, 1, %s, 1, %s, 0, '', %s, '', %s, '', %s, %s, 'x', 1, now());
"""
_NEW = "SELECT number, revision, document_title, document_packed FROM registry_schemaversion ORDER BY number"


def manage(url: str, folder: Path, *arguments: str) -> None:
    environment = env.child({"DATABASE_URL": url, "VAR_DIR": str(folder)})
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments, "--skip-checks"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def test_migration__database_of_0001_with_data__packs_numbers_and_indexes_it(postgres_url: str, tmp_path: Path) -> None:
    manage(postgres_url, tmp_path, "migrate", "registry", "0001")
    with psycopg.connect(postgres_url) as old:
        old.execute(_OLD)
        for minor, is_whole in ((10, True), (9, False)):
            schema_id = f"/a/b/1.{minor}.0"
            fields = {"x": {"type": "string", "description": "Words"}}
            document = json.dumps({"$id": schema_id, "title": "own/name", "properties": fields})
            raw = f"$id: {schema_id}\nallOf:\n- $ref: /c/d/1.0.0\n"
            old.execute(_VERSION, [minor, schema_id, minor, document, raw, is_whole, f"a/b/1.{minor}.0.yaml"])
        old.execute("UPDATE registry_schematitle SET latest_id = 10")

    manage(postgres_url, tmp_path, "migrate")

    with psycopg.connect(postgres_url) as new:
        rows = new.execute(_NEW).fetchall()
        titles = new.execute("SELECT search_text FROM registry_schematitle").fetchall()
        named = new.execute("SELECT version_id, target_id FROM registry_schemareference").fetchall()
    assert [row[:3] for row in rows] == [(1, 7, "own/name"), (2, 7, "own/name")]
    assert [json.loads(unpack(row[3]))["$id"] for row in rows] == ["/a/b/1.9.0", "/a/b/1.10.0"]
    assert "\nx\tstring words" in titles[0][0]
    assert named == [(9, "/c/d/1.0.0")]
