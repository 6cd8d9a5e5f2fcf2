"""ClickHouse's SQL put together, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from connectors.sinks.base import RecordRefusedError, StoreDeniedError, StoreUnavailableError
from connectors.stores.clickhouse_client import Client
from connectors.stores.clickhouse_statements import Name, composed
from eventplatform.core.errors import PlatformError


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], Client]:
    """A client whose server answers so."""

    def make(status: int, text: str) -> Client:
        client = Client("http://localhost", "", "", "")
        answer = httpx.MockTransport(lambda _: httpx.Response(status, text=text))
        monkeypatch.setattr(client, "_http", httpx.Client(base_url="http://localhost", transport=answer))
        return client

    return make


def test_composed__hostile_texts_and_names__quoted_by_what_they_are() -> None:
    made = composed("SELECT {n} FROM {t} WHERE a = {a} AND b IN ({b})", n=5, t=Name("d", "x`y"), a="it's \\", b=["p", "q'"])

    assert made == r"SELECT 5 FROM `d`.`x\`y` WHERE a = 'it\'s \\' AND b IN ('p', 'q\'')"


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (400, "Code: 27. DB::Exception: Cannot parse input: expected 'x' before: 'secret'", RecordRefusedError),
        (403, "Code: 516. DB::Exception: ana: Authentication failed: password is incorrect", StoreDeniedError),
        (500, "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space", StoreUnavailableError),
        (404, "Code: 60. DB::Exception: Table events.s does not exist", StoreUnavailableError),
        (502, "<html>Bad gateway</html>", StoreUnavailableError),
        (200, "<html>Welcome</html>", StoreUnavailableError),
    ],
)
def test_rows__error_of_the_server__told_by_its_family_without_values(
    status: int, text: str, expected: type[PlatformError], answering: Callable[[int, str], Client]
) -> None:
    with pytest.raises(expected) as found:
        answering(status, text).rows("SELECT 1")

    assert type(found.value) is expected
    assert "secret" not in str(found.value)


def test_rows__full_disk__said_plainly(answering: Callable[[int, str], Client]) -> None:
    with pytest.raises(StoreUnavailableError, match="its disk is full"):
        answering(500, "Code: 243. DB::Exception: Cannot reserve 1.00 MiB").rows("SELECT 1")
