"""What the platform is asked: topics of streams, also while it is away; where streams are given out, and what refusals mean."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from eventclient.consuming.deliveries import Plan
from eventclient.consuming.directory import Directory
from eventclient.consuming.errors import ConsumerError, SourceRefusedError, StreamUnknownError
from eventclient.consuming.sse_asking import AgainError, begun_at, check, question, stream_url
from eventclient.consuming.subscribing import subscribe


def client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def test_directory__asked_again__topics_by_etag_and_the_last_ones_while_it_is_away() -> None:
    asked: list[str] = []
    answers = [
        httpx.Response(200, json={"topics": ["eqiad.a", "codfw.a"]}, headers={"etag": '"1"'}),
        httpx.Response(304),
        httpx.Response(503),
        httpx.Response(404),
        httpx.Response(200, json={"topics": ["b"]}, headers={"etag": '"2"'}),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-none-match", ""))
        return answers.pop(0)

    directory, known = Directory("http://p/", ["a"], http=client(answer)), []
    for is_good in (True, True, False, True, True):
        if is_good:
            directory.refresh()
        else:
            with pytest.raises(httpx.HTTPError):
                directory.refresh()
        known.append(directory.topics())

    first = {"eqiad.a": "a", "codfw.a": "a"}
    assert known == [first, first, first, first, {"b": "a"}]
    assert asked == ["", '"1"', '"1"', '"1"', '"1"']


def test_directory__never_answered__knows_nothing_and_is_no_error() -> None:
    directory = Directory("http://p", ["a", "b"], http=client(lambda _: httpx.Response(500)))
    with pytest.raises(httpx.HTTPError):
        directory.refresh()

    assert directory.topics() is None


def test_directory__stream_unknown_from_the_beginning__says_which() -> None:
    with pytest.raises(StreamUnknownError, match="'a/b'"):
        Directory("http://p", ["a/b"], http=client(lambda _: httpx.Response(404))).refresh()


def test_directory__answer_of_another_shape__asked_again() -> None:
    with pytest.raises(httpx.HTTPError):
        Directory("http://p", ["a"], http=client(lambda _: httpx.Response(200, json={"topics": None}))).refresh()


def test_directory__address_that_is_none__said_and_not_waited_for() -> None:
    directory = Directory("http://p:port", ["a"])
    directory.start()
    directory.close()

    with pytest.raises(ConsumerError, match="address"):
        directory.topics()


def test_sse__address_that_is_none__ends_the_consumer() -> None:
    with pytest.raises(ConsumerError, match="can't be asked for"):
        next(iter(subscribe("pages", platform="http://p:port")))


def test_stream_url__named_by_the_platform__found() -> None:
    http = client(lambda request: httpx.Response(200, json={"stream_url": f"http://s/{request.url.params['streams']}"}))

    assert stream_url(http, "http://p/", "pages") == "http://s/pages"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(200, json={}), SourceRefusedError),
        (httpx.Response(200, text="<html>"), AgainError),
        (httpx.Response(502), AgainError),
    ],
)
def test_stream_url__none_to_be_had__says_so(answer: httpx.Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        stream_url(client(lambda _: answer), "http://p", "pages")


def test_question__with_a_last_id__begins_there_and_names_everything_else() -> None:
    plan = Plan(("a", "b/c"), "g", "", with_canaries=True)
    address, headers = question("http://s/", plan, last_id=b"[1]", token="t", since="0", filters=["n>=2"], fields=["n"])

    assert address.raw_path.startswith(b"/v2/stream/a,b%2Fc?")
    assert address.params["filter"] == "n>=2"
    assert address.params["fields"].split(",")[:3] == ["n", "meta.stream", "meta.id"]
    assert address.params["canaries"] == "true"
    assert "since" not in address.params
    assert (headers["Last-Event-ID"], headers["Authorization"]) == ("[1]", "Bearer t")


@pytest.mark.parametrize(("status", "after", "seconds"), [(429, "7", 7), (503, "9999", 300), (404, "", 0), (500, "soon", 0)])
def test_check__a_state_that_passes__again_after_what_it_says(status: int, after: str, seconds: float) -> None:
    asked = httpx.Request("GET", "http://s:9/v2/stream/a")
    with pytest.raises(AgainError) as caught:
        check(httpx.Response(status, headers={"retry-after": after}, request=asked))

    assert caught.value.seconds == seconds


def test_check__refused_for_good__the_servers_code_and_remedy() -> None:
    told = {"code": "stream_out.closed", "detail": "The stream is closed.", "remedy": "Ask its owner."}
    with pytest.raises(ConsumerError, match=r"The stream is closed\. Ask its owner\.") as caught:
        check(httpx.Response(403, json=told))

    assert caught.value.code == "stream_out.closed"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Thu, 26 Nov 2026 12:00:30 GMT", "2026-11-26T12:00:20Z"),
        ("Thu, 26 Nov 2026 13:00:05 +0100", "2026-11-26T11:59:55Z"),
        ("", ""),
        ("today", ""),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", ""),
        ("Fri, 31 Dec 9999 23:59:59 -0500", ""),
    ],
)
def test_begun_at__date_of_the_answer__somewhat_earlier_as_since_takes_it(date: str, moment: str) -> None:
    assert begun_at(httpx.Response(200, headers={"date": date})) == moment
