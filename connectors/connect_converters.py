"""What Kafka Connect's connectors have in common: converters, dead letters, and where they begin."""

from __future__ import annotations

_JSON_VALUES = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
}
_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_DEAD_LETTERS = {
    "errors.tolerance": "all",
    "errors.deadletterqueue.context.headers.enable": "true",
}


def common_config(name: str, kind: str) -> dict[str, str]:
    """Converters, and for sinks a topic for what can't be stored."""
    if kind == "kafka":
        # MirrorMaker is a source that hands on bytes: other converters would write base64 in quotes for values, and
        # the name of a Java object for keys.
        return {f"{part}.converter": _BYTES for part in ("key", "value", "header")}
    return {**_JSON_VALUES, **_DEAD_LETTERS, "errors.deadletterqueue.topic.name": f"dead-letters.{name}"}


def position_warning(kind: str) -> str:
    """Where it begins there."""
    if kind == "kafka":
        return "The position is not taken along: MirrorMaker begins at the first record, and copies what is there already."
    return (
        "The position is not taken along; set the group connect-<name> to the offsets of connector.<name>, which is kept here."
    )
