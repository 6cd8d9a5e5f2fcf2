"""Why something can't be taken in, told by its place: a line, a row and column, an entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eventplatform.core.errors import RejectedError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a file: where, which rule, what, and what to do."""

    place: str
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.place}:" if self.place else "", self.message, self.remedy) if part)


class ImportRefusedError(RejectedError):
    """A file whose values can't be used; nothing of it is taken."""

    code = "exchange.refused"
    message = "{summary}"
    remedy = "Mend the named places; nothing was changed."

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(f"{one.place}: {one.message}" for one in self.findings[:5])
        more = f" (and {len(self.findings) - 5} more)" if len(self.findings) > 5 else ""  # noqa: PLR2004  # five fit
        super().__init__(summary=shown + more)


class UnreadableError(RejectedError):
    """A file that is not what its form says; `line` counts from 1, 0 where there is none."""

    code = "exchange.unreadable"
    message = "{reason}"
    remedy = "Write YAML, JSON, CSV or a PHP file of literal arrays, as UTF-8 text."

    def __init__(self, reason: str, line: int = 0) -> None:
        self.line = line
        super().__init__(reason=reason)

    @property
    def place(self) -> str:
        """Where, for people."""
        return f"line {self.line}" if self.line else ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The same as other refusals tell theirs."""
        return (Finding(self.place, self.code, str(self), self.hint),)


class PhpNotLiteralError(UnreadableError):
    """A PHP file that says more than literal arrays: nothing here runs it, so nothing can know its value."""

    code = "exchange.php_not_literal"
    remedy = "Write the value itself: only arrays, texts, numbers, true, false and null are read."


class TooLargeError(UnreadableError):
    """More text, values or depth than a configuration needs."""

    code = "exchange.too_large"
    remedy = "Import it in parts."


class ApiAnswerError(UnreadableError):
    """The other wiki's API answered with an error instead of its streams."""

    code = "exchange.api_error"
    remedy = "Open the address in a browser: it must answer with `streams`."
