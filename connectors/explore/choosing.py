"""Which of a stream's connectors can be explored, and the source of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db.models import Exists, OuterRef

from connectors import following, opening
from connectors.explore.sources import DruidSource, PostgresSource, Source
from connectors.models import Connector, Lease
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration

KINDS = ("postgres", "druid")


def connectors_of(stream: Stream) -> list[Connector]:
    """Those whose store can be asked, by name; before those that hold nothing of it yet, or whose store is in trouble."""
    good = Lease.objects.filter(connector=OuterRef("pk"), stream=stream.name, next_offset__gt=0, error_code="")
    every = Connector.objects.select_related("target").filter(target__kind__in=KINDS)
    sorted_by = every.alias(is_good=Exists(good)).order_by("-is_good", "name")
    return [one for one in sorted_by if one.route.takes(stream)]


def of_stream(name: str) -> Mapping[str, Any] | None:
    """The panel on a stream's page; none where no store can be asked."""
    stream = configuration.snapshot().find_stream(name)
    found = connectors_of(stream) if stream is not None else []
    return {"stream_name": name, "explorable": found} if found else None


@contextmanager
def opened(connector: Connector, stream: Stream) -> Iterator[Source]:
    """The connector's store, for one page.

    Raises:
        PlatformError: it can't be used now.
    """
    source = _source(connector, stream)
    try:
        yield source
    finally:
        source.close()


def _source(connector: Connector, stream: Stream) -> Source:
    target, options = opening.parts_of(connector)
    if connector.kind == "postgres":
        return PostgresSource(stream.name, target, options)
    return DruidSource(stream.name, following.documents_of(stream), target, options)
