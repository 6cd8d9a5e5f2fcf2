"""`python -m eventplatform.run`: starts, keeps and stops the whole platform on this machine."""

from __future__ import annotations

import sys

from eventplatform import env
from eventplatform.core.errors import PlatformError
from eventplatform.embedded import folders
from eventplatform.run import console, leftovers, ports
from eventplatform.run.foundation import Foundation
from eventplatform.run.supervisor import StopAskedError, Supervisor, listen_to_signals, supervise
from eventplatform.run.welcome import welcome


def main() -> int:
    """Check what can be checked before anything runs, then supervise; answers the exit code."""
    env.use_settings()
    try:
        return _run()
    except (PlatformError, env.BadEnvironmentError) as error:
        console.say(f"{error} {error.hint}" if isinstance(error, PlatformError) else str(error))
        return 1
    except StopAskedError:
        return 0


def _run() -> int:
    from django.conf import settings

    var, port = settings.VAR_DIR, settings.PORT
    listen_to_signals()
    folders.make_private(var)
    if env.flag("KAFKA"):
        # Stores remember offsets of the log that filled them; another log gets stores of its own.
        var = folders.make_private(var / "with-kafka")
    folders.make_private(var / "log")
    with folders.hold(var / "run.lock", server="The platform", folder=var):
        ended = leftovers.end(var)
        kafka_port = port + 2 if env.flag("KAFKA") else None
        ports.need_free(port, with_kafka=kafka_port is not None)
        folders.need_space(var)
        console.say(f"Event platform: everything on this machine, on {port} and {port + 1}, data in {var}\n")
        if ended:
            console.say(f"  !  {ended} processes of an earlier start were still there and have been stopped")
        database, redis = env.text("DATABASE_URL"), env.text("REDIS_URL")
        foundation = Foundation(var, database_url=database, redis_url=redis, kafka_port=kafka_port)
        supervisor = Supervisor(var, port, foundation)
        return supervise(supervisor, lambda: welcome(var, port, is_embedded=not database))


if __name__ == "__main__":
    sys.exit(main())
