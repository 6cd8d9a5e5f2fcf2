"""Postgres and Redis from pip wheels, started when no URL is configured."""
