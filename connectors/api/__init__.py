"""Connectors over HTTP: Kafka Connect's verbs on our own rows."""
