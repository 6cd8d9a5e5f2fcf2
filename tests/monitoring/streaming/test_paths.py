"""Fields that a client selects."""

from __future__ import annotations

import pytest

from monitoring.streaming.paths import Selection, read_path

EVENT = {"meta": {"id": "1", "dt": "now"}, "page": {"title": "Tea", "tags": [{"a": 1, "b": 2}, 5]}, "x.y": 3}


@pytest.mark.parametrize(
    ("paths", "cut"),
    [
        (["meta.id"], {"meta": {"id": "1"}}),
        (["meta.id", "meta.dt"], {"meta": {"id": "1", "dt": "now"}}),
        (["meta", "meta.id"], {"meta": {"id": "1", "dt": "now"}}),
        (["meta.id", "meta"], {"meta": {"id": "1", "dt": "now"}}),
        (["page.tags.a"], {"page": {"tags": [{"a": 1}, None]}}),
        (["/x.y"], {"x.y": 3}),
        (["absent.field"], {}),
        (["page.title.deeper"], {"page": {"title": None}}),
    ],
)
def test_selection__of_paths__keeps_them_where_they_were(paths: list[str], cut: dict[str, object]) -> None:
    assert Selection(map(read_path, paths)).of(EVENT) == cut


@pytest.mark.parametrize("text", ["", "a..b", ".", "/", "a" * 300, ".".join("a" * 17)])
def test_read_path__no_field__refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_path(text)
