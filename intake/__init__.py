"""The door: POST /v1/events through two adapters over one guard and one gate."""
