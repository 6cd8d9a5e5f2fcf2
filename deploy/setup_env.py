"""Checks the Python version, then makes `.venv`: `setup_env.py run|dev`. Even old Pythons must parse this file."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  # older ones land here, that is the point
    for newer in ("python3.14", "python3.13", "python3.12", "python3.11"):
        try:
            os.execvp(newer, [newer] + sys.argv)  # noqa: RUF005, S606  # old Pythons parse this; no shell is wanted
        except OSError:
            continue
    sys.exit(
        "Python 3.11 or newer is needed, and this is %s (%s). "  # noqa: UP031  # old Pythons parse this
        "Install a newer one, or name it: make run PYTHON=/path/to/python3" % (sys.version.split()[0], sys.executable)
    )

from environment import main  # type: ignore[import-not-found]  # found beside this script

sys.exit(main(sys.argv[1:]))
