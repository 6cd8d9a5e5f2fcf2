"""What OpenSearch would make of events, as dry runs show it; no server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.mapping.policies import Policies
from connectors.mapping.preview import Preview, PreviewRow
from connectors.sinks.base import Row
from connectors.steering import Steering
from connectors.stores.opensearch_documents import fitted
from connectors.stores.opensearch_mapping import OWN_PROPERTIES, event_plan, merged, missing, properties
from eventplatform.core.errors import RejectedError


def preview(
    index: str, schemas: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], steering: Steering, *, with_text: bool
) -> Preview:
    """Each event as a document of an index with the fields of all these schemas."""
    there = dict(OWN_PROPERTIES)
    for document in schemas.values():
        there = merged(there, missing(properties(document, flat="flat_object", with_text=with_text), there))
    plan, policies = event_plan(there), Policies.of(steering)
    kept: list[PreviewRow] = []
    refused: dict[int, RejectedError] = {}
    for row in rows:
        try:
            made = fitted(row, 0, "", plan=plan, policies=policies)
            kept.append(PreviewRow(row.offset, {"place": index, "value": made.body.decode()}, "", made.discarded))
        except RejectedError as error:
            refused[row.offset] = error
    return Preview(index, rows=tuple(kept), refused=refused)
