"""A command for event schema repositories: the platform's own rules, without the platform."""

from __future__ import annotations

import sys
from pathlib import Path

# In a wheel the platform's pure modules lie beside this file; in a checkout they are found at its root.
_SHIPPED = Path(__file__).parent / "_platform"
if _SHIPPED.is_dir():
    sys.path.insert(0, str(_SHIPPED))
elif (_root := Path(__file__).parents[3]).joinpath("registry").is_dir():
    sys.path.insert(0, str(_root))
