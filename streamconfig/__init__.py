"""Streams and what steers them: published as immutable snapshots, served to clients and services."""
