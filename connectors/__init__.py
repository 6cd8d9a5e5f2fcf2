"""Targets and connectors: slices of the log into stores, leased, run by Celery workers."""
