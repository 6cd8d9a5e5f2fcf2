"""Consume events by stream name, over Kafka or server-sent events, at least once; what can't be handled is parked."""
