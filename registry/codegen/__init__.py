"""Types of a schema's events for those who write in TypeScript or Python."""

from __future__ import annotations

from registry.codegen.python import python
from registry.codegen.typescript import typescript

__all__ = ["python", "typescript"]
