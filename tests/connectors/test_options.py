"""Declared options: parsing, secrets, refusals."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from connectors import options
from connectors.options import option
from eventplatform.core.errors import RejectedError


@dataclass(frozen=True, slots=True)
class Example:
    host: str = option("Name of the host.")
    port: int = option("Port.", 99, minimum=1)
    mode: str = option("How.", "fast", choices=("fast", "safe"))
    is_loud: bool = option("Loud?", False)  # a default is no argument
    password: str = option("Password.", "", secret=True)
    fields: tuple[str, ...] = option("Fields.", (), beginning="/")
    personal: dict[str, str] = option("What becomes of it.", {}, choices=("keep", "drop"), names=("name", "*"))
    filter: dict[str, str] = option("Only these.", {})
    rate: float = option("How fast.", 0.0, minimum=0)


def test_parse__texts_of_a_form__typed() -> None:
    parsed = options.parse(Example, {"host": "h", "port": "12", "is_loud": "on", "mode": ""})

    assert parsed == Example("h", 12, "fast", is_loud=True, password="")


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({}, "option.missing", "/host"),
        ({"host": "h", "colour": "red"}, "option.unknown", "/colour"),
        ({"host": "h", "port": "many"}, "option.invalid", "/port"),
        ({"host": "h", "port": 0}, "option.invalid", "/port"),
        ({"host": "h", "port": True}, "option.invalid", "/port"),
        ({"host": "h", "port": float("inf")}, "option.invalid", "/port"),
        ({"host": "h", "port": 1.9}, "option.invalid", "/port"),
        ({"host": "h", "rate": "nan"}, "option.invalid", "/rate"),
        ({"host": "h", "rate": float("inf")}, "option.invalid", "/rate"),
        ({"host": "h", "rate": 10**400}, "option.invalid", "/rate"),
        ({"host": "h", "mode": "slow"}, "option.invalid", "/mode"),
        ({"host": ["h"]}, "option.invalid", "/host"),
        ({"host": "h", "is_loud": "perhaps"}, "option.invalid", "/is_loud"),
        ({"host": "h", "fields": ["page.id"]}, "option.invalid", "/fields"),
        ({"host": "h", "personal": {"nmae": "drop"}}, "option.invalid", "/personal"),
        ({"host": "h", "personal": {"name": "dorp"}}, "option.invalid", "/personal"),
    ],
)
def test_parse__bad_value__code_place_and_remedy(values: dict[str, object], code: str, pointer: str) -> None:
    with pytest.raises(RejectedError) as caught:
        options.parse(Example, values)

    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert caught.value.hint


def test_parse__bad_choice__remedy_names_the_choices() -> None:
    with pytest.raises(options.OptionInvalidError) as caught:
        options.parse(Example, {"host": "h", "mode": "slow"})

    assert "fast, safe" in caught.value.hint


def test_parse__mapping_with_truth__as_people_write_it() -> None:
    assert options.parse(Example, {"host": "h", "filter": {"canary_events_enabled": True}}).filter == {
        "canary_events_enabled": "true"
    }


def test_split_secrets__password__apart() -> None:
    assert options.split_secrets(Example, {"host": "h", "password": "p"}) == ({"host": "h"}, {"password": "p"})


def test_parse__bad_secret__not_shown() -> None:
    with pytest.raises(options.OptionInvalidError) as caught:
        options.parse(Example, {"host": "h", "password": ["hunter2"]})

    assert "hunter2" not in str(caught.value)
