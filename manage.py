#!/usr/bin/env python3
"""Django's command line for the event platform."""

import sys

from django.core.management import execute_from_command_line

from eventplatform import env
from eventplatform.secrets import MissingSecretError


def main() -> int | str:
    """Run the command; a refusal of the environment is one sentence, answered to be printed, and no traceback."""
    env.use_settings()
    try:
        execute_from_command_line(sys.argv)
    except (env.BadEnvironmentError, MissingSecretError) as error:
        return str(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
