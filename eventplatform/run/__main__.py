"""`python -m eventplatform.run`: starts, keeps and stops the whole platform on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from eventplatform import env
from eventplatform.core.errors import PlatformError
from eventplatform.embedded import folders
from eventplatform.embedded.errors import FolderUnusableError
from eventplatform.run import console, leftovers, ports
from eventplatform.run.foundation import Foundation
from eventplatform.run.supervisor import StopAskedError, Supervisor, listen_to_signals, supervise
from eventplatform.run.welcome import welcome
from eventplatform.secrets import MissingSecretError


def main() -> int:
    """Check what can be checked before anything runs, then supervise; answers the exit code."""
    env.use_settings()
    try:
        return _run()
    except (PlatformError, env.BadEnvironmentError, MissingSecretError) as error:
        console.say(f"{error} {error.hint}" if isinstance(error, PlatformError) else str(error))
        return 1
    except StopAskedError:
        return 0


def _run() -> int:
    listen_to_signals()
    var = usable(env.folder("VAR_DIR", env.ROOT / "var"))
    port = configured_port(var)
    if env.flag("KAFKA"):
        # Stores remember offsets of the log that filled them; another log gets stores of its own.
        var = folders.make_private(var / "with-kafka")
    folders.make_private(var / "log")
    with folders.hold(var / "run.lock", server="The platform", folder=var):
        ended = leftovers.end(var)
        kafka_port = port + 3 if env.flag("KAFKA") else None
        ports.need_free(port, with_kafka=kafka_port is not None)
        console.say(f"Event platform: everything on this machine, on {port} to {port + 2}, data in {var}\n")
        if ended:
            console.say(f"  !  {ended} processes of an earlier start were still there and have been stopped")
        database, redis = env.text("DATABASE_URL"), env.text("REDIS_URL")
        foundation = Foundation(var, database_url=database, redis_url=redis, kafka_port=kafka_port)
        supervisor = Supervisor(var, port, foundation)
        return supervise(supervisor, lambda: welcome(var, port, is_embedded=not database))


def usable(var: Path) -> Path:
    """The folder, made and with room in it: asked first, since the settings themselves keep keys there."""
    folders.make_private(var)
    folders.need_space(var)
    return var


def configured_port(var: Path) -> int:
    """The port out of the settings; loading them writes the keys of a demo."""
    from django.conf import settings

    try:
        port: int = settings.PORT
    except OSError as error:
        raise FolderUnusableError(folder=var, reason=error.strerror) from error
    return port


if __name__ == "__main__":
    sys.exit(main())
