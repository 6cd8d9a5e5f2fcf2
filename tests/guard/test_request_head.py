"""What headers and query decide before the body is read."""

from __future__ import annotations

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.guard.request_head import (
    RequestHead,
    announced_length,
    is_hasty,
    request_id,
)
from eventplatform.guard.ways_in import open_body


@pytest.mark.parametrize("length", ["-1", "+1", "1e3", "0x10", "1 ", "٣", "9" * 19])
def test_length__no_number__refused(length: str) -> None:
    with pytest.raises(RejectedError, match="whole number"):
        announced_length(RequestHead(content_length=length))


def test_length__absent__chunked() -> None:
    assert announced_length(RequestHead()) is None


def test_open_body__bad_head__told_at_the_end() -> None:
    reader = open_body(RequestHead(content_type="text/html", content_length="5"), 100)

    reader.feed(b"hello")

    with pytest.raises(RejectedError, match="content type"):
        reader.finish()


@pytest.mark.parametrize("given", ["x", "a" * 128, "Root=1-67891233-abc;x=~"])
def test_request_id__printable__kept(given: str) -> None:
    assert request_id(RequestHead(request_id=given), lambda: "new") == given


@pytest.mark.parametrize("given", ["", " ", "a b", "a" * 129, "a\r\nSet-Cookie: x", "a\0", "ü", "\x1b[31m", "a\n", "a,b"])
def test_request_id__anything_else__replaced(given: str) -> None:
    assert request_id(RequestHead(request_id=given), lambda: "new") == "new"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hasty=true", True),
        ("hasty=1", True),
        ("a=b&hasty=yes", True),
        ("hasty=anything", True),
        ("hasty=false&hasty=true", True),
        ("hasty=false", False),
        ("hasty=0", False),
        ("hasty=No", False),
        ("hasty=", False),
        ("hasty", False),
        ("chasty=1", False),
        ("", False),
        ("&".join(["x=1"] * 500 + ["hasty=1"]), False),
    ],
)
def test_hasty__words(query: str, expected: bool) -> None:  # noqa: FBT001  # a case
    assert is_hasty(query) is expected
