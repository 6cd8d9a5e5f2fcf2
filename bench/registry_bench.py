"""`make bench-registry`: what importing, validating, searching and following the registry costs, at the size of a large site.

A fresh embedded Postgres on the same machine; one process imports, another one follows; pages go through Django's test
client, so without the server's own floor. Seconds are the clock's. Imports happen once, everything else is a median.
`ARGS="--repositories 10 --versions 50"` makes it short.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eventplatform import env  # the project's root is on the path first
from eventplatform.embedded.postgres import Postgres


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="ep-"))
    server = Postgres(folder)
    server.start()
    try:
        server.ensure_database("bench")
        extra = {"DATABASE_URL": server.url("bench"), "VAR_DIR": str(folder), "PYTHONWARNINGS": "ignore", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "bench.registry_parts", *sys.argv[1:]]
        sys.exit(subprocess.run(command, cwd=env.ROOT, env=env.child(extra), check=False).returncode)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
