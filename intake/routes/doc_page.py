"""`/?doc`: the OpenAPI document as a page that needs nothing from anywhere else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

import orjson

from intake.answers import PROTECTION, Answer, Headers

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 24px; max-width: 60rem; font: 15px/1.55 system-ui, sans-serif;
  background: light-dark(#f7f8fa, #0d1017); color: light-dark(#151a24, #e9ecf2); }
h1 { font-size: 1.625rem; } h2 { margin-top: 2rem; font-size: 1.1rem; } a { color: light-dark(#2f51db, #9bb0ff); }
h2 b { margin-right: .5rem; padding: 1px 8px; border-radius: 99px; font-size: .75rem;
  background: light-dark(#eef3ff, #1b2545); }
table { width: 100%; border-collapse: collapse; } td, th { padding: 6px 8px; text-align: left; vertical-align: top;
  border-bottom: 1px solid light-dark(#e2e5eb, #272e3c); } th { font-weight: 600; white-space: nowrap; }
pre { overflow-x: auto; padding: 12px; border-radius: 7px; background: light-dark(#eff1f5, #10141c); font-size: .8125rem; }
details { margin: 8px 0; } summary { cursor: pointer; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
# In place of the usual policy, which allows no style at all.
HEADERS: Headers = tuple((name, _POLICY if name == "content-security-policy" else value) for name, value in PROTECTION)


def page(document: Mapping[str, Any]) -> Answer:
    """The page of an OpenAPI document."""
    title = escape(document["info"]["title"])
    parts = [
        part for path, methods in document["paths"].items() for name, one in methods.items() for part in _way(name, path, one)
    ]
    body = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>{escape(document["info"]["description"])} The same <a href="?spec">as OpenAPI</a>.</p>
{"".join(parts)}</body>
</html>
"""
    return Answer(HTTPStatus.OK, body.encode(), "text/html; charset=utf-8", common=HEADERS)


def _way(method: str, path: str, one: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><b>{method.upper()}</b>{escape(path)}</h2>\n<p>{escape(one.get('description', one['summary']))}</p>\n"
    if one.get("parameters"):
        yield _table((part["name"], f"{part['description']} ({part['in']})") for part in one["parameters"])
    body = one.get("requestBody")
    if body:
        kinds = ", ".join(body["content"])
        first = next(iter(body["content"].values()))
        yield f"<p>Content types: {escape(kinds)}</p>\n<pre>{_json(first['example'])}</pre>\n{_shape('Shape', first['schema'])}"
    yield _table((status, answer["description"]) for status, answer in one["responses"].items())
    shapes = {orjson.dumps(kind["schema"]): kind["schema"] for kind in _contents(one)}
    yield from (_shape("Shape of an answer", shape) for shape in shapes.values())


def _contents(one: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for answer in one["responses"].values():
        yield from answer.get("content", {}).values()


def _table(rows: Iterator[tuple[str, str]]) -> str:
    lines = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>\n" for name, text in rows)
    return f"<table>\n{''.join(lines)}</table>\n"


def _shape(title: str, schema: Any) -> str:
    return f"<details><summary>{title}</summary><pre>{_json(schema)}</pre></details>\n"


def _json(document: Any) -> str:
    return escape(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
