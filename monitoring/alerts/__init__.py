"""Alerts: what lasts of that which is wrong, whom it was told, who has seen it."""
