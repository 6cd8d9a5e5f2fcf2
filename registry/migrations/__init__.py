"""Database steps of the app."""
