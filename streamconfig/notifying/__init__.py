"""Telling people and webhooks what happens to change requests, and what waits for them."""
