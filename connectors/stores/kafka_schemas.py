"""Avro schemas in a registry with Confluent's API, and the five bytes that name one before each value."""

from __future__ import annotations

import ssl

import httpx

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores.kafka_avro import AvroSchema

_SECONDS = 10.0
_DENIED = {401, 403}


class SchemaRegistry:
    """Registers each schema once for each subject."""

    def __init__(self, url: str, *, username: str = "", password: str = "", ca_file: str = "") -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            auth=(username, password) if username else None,
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
            timeout=_SECONDS,
            trust_env=False,
        )
        self._headers: dict[tuple[str, str], bytes] = {}

    def header(self, topic: str, schema: AvroSchema) -> bytes:
        """What stands before values of the schema in this topic: a zero, and the registry's number for it.

        Raises:
            StoreUnavailableError: the registry doesn't answer, or refuses the schema.
        """
        key = (topic, schema.text)
        if key not in self._headers:
            self._headers[key] = b"\x00" + self._register(f"{topic}-value", schema.text).to_bytes(4, "big")
        return self._headers[key]

    def close(self) -> None:
        self._http.close()

    def _register(self, subject: str, text: str) -> int:
        try:
            answer = self._http.post(f"/subjects/{subject}/versions", json={"schema": text})
        except httpx.HTTPError as error:
            raise StoreUnavailableError(reason=f"the schema registry: {type(error).__name__}") from None
        if answer.status_code in _DENIED:
            raise StoreDeniedError(reason=f"the schema registry answers {answer.status_code}")
        if not answer.is_success:
            raise StoreUnavailableError(reason=f"the schema registry answers {answer.status_code} for {subject}")
        try:
            return int(answer.json()["id"])
        except (ValueError, KeyError, TypeError):
            raise StoreUnavailableError(reason="the schema registry tells no schema's number: is this its address?") from None
