"""Results in the forms that people, CI servers and code review tools read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eventschemas.located import Located
from eventschemas.reports import github, junit, sarif, text

Write = Callable[[Sequence[Located], Sequence[str]], str]

# Each takes the results and the files that were looked at: a report of success must name them too.
FORMS: dict[str, Write] = {"text": text.write, "junit": junit.write, "sarif": sarif.write, "github": github.write}
