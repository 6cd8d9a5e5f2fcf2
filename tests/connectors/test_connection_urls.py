"""Connection URLs: what may stand in them, and that no refusal repeats a secret."""

from __future__ import annotations

import pytest

from connectors import connection_urls
from eventplatform.core.errors import RejectedError


@pytest.mark.parametrize(
    "text",
    [
        "embedded:warehouse",
        "postgresql://writer@db.example.org/events",
        "postgres://writer@a:5432,b:5433/events?sslmode=verify-full&target_session_attrs=read-write",
        "host=/run/postgresql dbname=events user=writer connect_timeout=3",
    ],
)
def test_check__no_secret__taken(text: str) -> None:
    connection_urls.check(text, name="url")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("postgresql://u:hunter2@db/x", "password"),
        ("postgresql://u@db/x?password=hunter2", "password"),
        ("host=db password=hunter2", "password"),
        ("host=db password='hunter2'", "password"),
        ("postgresql://u@db/x?passfile=/hunter2", "passfile"),
        ("postgresql://u@db/x?sslkey=/hunter2", "sslkey"),
        ("host=db sslpassword=hunter2", "sslpassword"),
        ("service=hunter2", "service"),
        ("host=db options='-c hunter2'", "options"),
        ("dbname=postgresql://u:hunter2@db/x", "a URL inside dbname"),
        ("dbname='host=db password=hunter2'", "a URL inside dbname"),
    ],
)
def test_check__secret_or_a_way_to_one__refused_by_its_name_alone(text: str, word: str) -> None:
    with pytest.raises(RejectedError) as caught:
        connection_urls.check(text, name="url")

    assert (caught.value.code, caught.value.pointer) == ("option.word_in_url", "/url")
    assert f"can't hold {word}:" in str(caught.value)
    assert "option password" in caught.value.hint
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("text", ["hunter2", "postgresql://u:hunter2@db/x?hunter2=1", "postgresql://%zzhunter2@db", "a\x00b"])
def test_check__no_url__refused_without_its_text(text: str) -> None:
    with pytest.raises(RejectedError) as caught:
        connection_urls.check(text, name="url")

    assert caught.value.code == "option.url_unreadable"
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
