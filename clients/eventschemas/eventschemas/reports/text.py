"""For people: a line per result as compilers write it, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from eventschemas.located import Located


def write(results: Sequence[Located], looked_at: Sequence[str]) -> str:
    """`path:line: level: message remedy [CODE]`, then the counts."""
    lines = [_line(result) for result in sorted(results, key=lambda one: (one.path, one.line, one.code))]
    errors = sum(1 for result in results if result.is_failure)
    warnings = sum(1 for result in results if result.level == "warning" and not result.waived)
    waived = sum(1 for result in results if result.waived)
    lines.append(f"{len(looked_at)} files: {errors} errors, {warnings} warnings, {waived} waived.")
    return "\n".join(lines) + "\n"


def _line(result: Located) -> str:
    level = f"waived ({result.waived})" if result.waived else result.level
    return f"{result.path}:{result.line}: {level}: {result.sentence} [{result.code}]"
