"""Realtime SQL: questions over the last minutes of streams, and saved ones that are expectations."""
