"""The last good answer about the configuration in a file: for a start without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from eventclient import replacing
from eventclient.contract.configuration import Configuration, is_configuration
from eventclient.stats import log


def read(path: str | Path) -> Configuration | None:
    """None where there is none, or something else."""
    try:
        document = orjson.loads(Path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return Configuration(document) if is_configuration(document) else None


def write(path: str | Path, document: Any) -> None:
    """All or nothing: processes that share the file never read half of one."""
    try:
        replacing.replace(Path(path), orjson.dumps(document), is_durable=False)
    except OSError as error:
        log.warning("configuration.unwritten error=%s", type(error).__name__)
