"""A connector's rows as what the export for Kafka Connect takes."""

from __future__ import annotations

from typing import Any

from connectors import catalog, options
from connectors.connect_export import Export, Source, export
from connectors.models import Connector
from streamconfig import lookups as configuration


def exported(connector: Connector) -> Export:
    """The connector as Kafka Connect's JSON; no secret is opened for it.

    Raises:
        PlatformError: Connect has no such sink, or the kind is unknown here.
    """
    described = catalog.describe(connector.kind)
    streams = configuration.snapshot().streams.values()
    source = Source(
        name=connector.name,
        kind=connector.kind,
        target=connector.target.name,
        topics=sorted(connector.route.topics(streams)),
        target_options=_with_defaults(described.target_options, connector.target.options),
        options=_with_defaults(described.options, connector.options),
        rules=connector.parsed_rules,
    )
    return export(source)


def _with_defaults(declared: tuple[options.Option, ...], given: dict[str, Any]) -> dict[str, Any]:
    return {one.name: given.get(one.name, one.default) for one in declared if not one.is_secret}
