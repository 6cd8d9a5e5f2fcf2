"""What a webhook's answer means for the records of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from connectors.sinks.base import RecordRefusedError, RowsRefusedError, StoreDeniedError, StoreUnavailableError
from connectors.stores.webhook_requests import Request, record_id
from eventplatform.core.errors import FatalError, RejectedError
from eventplatform.outbound import Answer

REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_LONGEST_WAIT_SECONDS = 86_400


class WebhookGoneError(FatalError):
    """The receiver says for ever that it wants nothing any more."""

    code = "sink.gone"
    message = "{host} answers 410: it takes no events any more."
    remedy = "Ask whoever runs the receiver; give the target its new URL, or remove the connector; then resume it."


def require_taken(answer: Answer, request: Request, host: str) -> None:
    """Hold an answer against the records of its request.

    Raises:
        RowsRefusedError: the receiver will never take these. RecordRefusedError: one of them, it didn't say which.
        StoreUnavailableError, StoreDeniedError: not now. WebhookGoneError: never again.
    """
    if answer.status == HTTPStatus.MULTI_STATUS:
        _require_each(answer, request, host)
    elif not answer.is_good:
        raise _meaning(answer, request, host)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> int | None:
    """The seconds that a `Retry-After` asks for, written as a number or as a date; None without one."""
    told = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", told):
        return min(int(told), _LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(int((moment - (now or datetime.now(UTC))).total_seconds()) + 1, 0), _LONGEST_WAIT_SECONDS)


def _meaning(answer: Answer, request: Request, host: str) -> Exception:
    status = answer.status
    told = f"{host} answers {status}"
    if status in REFUSED:
        refused = RecordRefusedError(reason=told)
        return RowsRefusedError({request.rows[0].offset: refused}) if len(request.rows) == 1 else refused
    if status == HTTPStatus.GONE:
        return WebhookGoneError(host=host)
    if status in LATER or status // 100 == 5:  # noqa: PLR2004  # HTTP's class of the server's own errors
        return StoreUnavailableError(reason=told, retry_after=retry_after(answer.headers))
    if status // 100 == 3:  # noqa: PLR2004  # HTTP's class of redirects
        return StoreDeniedError(reason=f"{told}, and redirects are not followed")
    return StoreDeniedError(reason=told)


def _require_each(answer: Answer, request: Request, host: str) -> None:
    """207: `{"results": [{"id": RECORD, "status": NUMBER}, …]}`; records that it doesn't name were taken."""
    statuses = _statuses(answer.body, host)
    refused: dict[int, RejectedError] = {}
    for row in request.rows:
        status = statuses.get(record_id(request, row), HTTPStatus.OK)
        if status in REFUSED:
            refused[row.offset] = RecordRefusedError(reason=f"{host} answers {status} for it")
        elif status // 100 != 2:  # noqa: PLR2004  # HTTP's class of success
            told = f"{host} answers {status} for one of the records"
            raise StoreUnavailableError(reason=told, retry_after=retry_after(answer.headers))
    if refused:
        raise RowsRefusedError(refused)


def _statuses(body: bytes, host: str) -> dict[str, int]:
    try:
        results: Any = orjson.loads(body)["results"]
        return {str(one["id"]): int(one["status"]) for one in results}
    except (ValueError, KeyError, TypeError) as error:
        told = f'{host} answers 207 without {{"results": [{{"id": …, "status": …}}]}} that can be read'
        raise StoreUnavailableError(reason=told) from error
