"""What changes between two versions of a schema, whom it breaks, and which version number it asks for."""

from __future__ import annotations

from registry.compatibility.comparing import check, compare
from registry.compatibility.contract import (
    Change,
    Comparison,
    ComparisonTooLargeError,
    Incompatibility,
    Opinion,
    Verdict,
)

__all__ = ["Change", "Comparison", "ComparisonTooLargeError", "Incompatibility", "Opinion", "Verdict", "check", "compare"]
