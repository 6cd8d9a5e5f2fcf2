"""Canaries, lag, traffic, health and the pages that show them."""
