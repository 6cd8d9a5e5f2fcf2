"""Configuration over HTTP: the reference's address, and ours under `/api/v1/`."""
