"""Stream processing jobs."""
