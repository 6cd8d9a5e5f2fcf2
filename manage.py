#!/usr/bin/env python3
"""Django's command line for the event platform."""

import sys

from django.core.management import execute_from_command_line

from eventplatform import env

if __name__ == "__main__":
    env.use_settings()
    execute_from_command_line(sys.argv)
