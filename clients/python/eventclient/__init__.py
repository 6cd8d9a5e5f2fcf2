"""Produce and consume events of the event platform: validated, sampled, delivered. It speaks HTTP and Kafka only."""
