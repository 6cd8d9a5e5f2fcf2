"""The catalog finds kinds by file name."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import catalog, sinks


def test_names__every_file_of_the_folder() -> None:
    files = {path.stem for path in Path(sinks.__path__[0]).glob("*.py")} - {"__init__", "base"}

    assert files <= set(catalog.names())


@pytest.mark.parametrize("name", catalog.names())
def test_describe__every_kind__says_title_guarantee_and_help(name: str) -> None:
    kind = catalog.describe(name)

    assert kind.title
    assert kind.guarantee.endswith(".")
    assert all(option.help for option in (*kind.target_options, *kind.options))


def test_load__unknown_kind__names_the_known_ones() -> None:
    with pytest.raises(catalog.KindUnknownError) as caught:
        catalog.load("papyrus")

    assert "postgres" in caught.value.hint


def test_load__driver_missing__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="papyruslib")

    monkeypatch.setattr(catalog, "_module", missing)
    monkeypatch.setattr(catalog, "names", lambda: ("papyrus",))

    with pytest.raises(catalog.DriverMissingError) as caught:
        catalog.load.__wrapped__("papyrus")

    assert "pip install papyruslib" in caught.value.hint
