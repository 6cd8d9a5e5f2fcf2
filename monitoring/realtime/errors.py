"""What can be wrong with a question, in words for whoever asked; pure."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError, RetriableError


class SyntaxInvalidError(RejectedError):
    """DuckDB can't read it as SQL."""

    code = "sql.syntax_invalid"
    message = "This is no SQL that can be read: {reason}"
    remedy = "Mend it at the place that is named; DuckDB's documentation tells of its SQL."


class StatementRefusedError(RejectedError):
    """It is SQL, but more than one question to streams."""

    code = "sql.statement_refused"
    message = "{reason}"
    remedy = "Ask by one SELECT, of streams by their names in double quotes, with functions that compute."


class StreamUnknownError(RejectedError):
    """A table that is no stream."""

    code = "sql.stream_unknown"
    message = "There is no stream {name}."
    remedy = "{hint}"


class TooManyStreamsError(RejectedError):
    """More streams than one question may read."""

    code = "sql.too_many_streams"
    message = "The question reads {count} streams; {most} at most."
    remedy = "Ask of fewer streams at once."


class QuestionFailedError(RejectedError):
    """DuckDB can't answer it: a column that isn't there, a value that can't be converted."""

    code = "sql.question_failed"
    message = "It can't be answered: {reason}"
    remedy = "Compare it with the columns of the stream; try_cast gives NULL where a value does not convert."

    @property
    def kind(self) -> str:
        """DuckDB's word for it, which holds nothing of any record."""
        return str(self.facts.get("kind", ""))

    @property
    def summary(self) -> str:
        """What may be kept and sent on: the reason only where it is made of the question alone."""
        return str(self) if self.kind in {"BinderException", "CatalogException"} else f"DuckDB stopped with a {self.kind}."


class TooSlowError(RejectedError):
    """It would take longer than a question may."""

    code = "sql.too_slow"
    http_status = 422
    message = "The answer was not there after {seconds} s."
    remedy = "Ask of fewer minutes, or join and sort less."


class TooLargeError(RejectedError):
    """It would take more memory than a question may."""

    code = "sql.too_large"
    http_status = 422
    message = "The answer takes more memory than a question may use."
    remedy = "Ask of fewer minutes or columns, or let the question aggregate more."


class TurnTakenError(RetriableError):
    """The same person's former question is being answered, or as many of others as may be."""

    code = "sql.busy"
    http_status = 429
    message = "{whose} still being answered."
    remedy = "Wait for some seconds, then ask again."


class EngineBrokenError(RetriableError):
    """The process that answers ended without an answer."""

    code = "sql.engine_broken"
    message = "The process that answers questions ended without an answer ({reason})."
    remedy = "Ask again; if it lasts, see the log of the role that asks."


OF_ENGINE = {
    error.code: error for error in (SyntaxInvalidError, StatementRefusedError, QuestionFailedError, TooSlowError, TooLargeError)
}  # what the engine's process tells by its code
