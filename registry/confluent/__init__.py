"""The registry in the shape of Confluent's, read-only."""
