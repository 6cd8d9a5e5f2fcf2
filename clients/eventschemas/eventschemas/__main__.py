"""`python -m eventschemas` is the command `eventschemas`."""

from __future__ import annotations

import sys

from eventschemas.cli import main

sys.exit(main())
