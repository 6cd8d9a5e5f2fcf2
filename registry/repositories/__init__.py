"""Repositories of others: where they are, pulls, webhooks, their pages."""
