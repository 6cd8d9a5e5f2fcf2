"""The last good answer about the configuration in a file: for a start without a network."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

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
    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            file.write(orjson.dumps(document))
        os.replace(file.name, target)  # noqa: PTH105  # the atomic step, by its own name
    except OSError as error:
        log.warning("configuration.unwritten error=%s", type(error).__name__)
