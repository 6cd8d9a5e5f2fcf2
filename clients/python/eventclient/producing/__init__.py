"""From `submit` to the intake: judging, queueing, posting; the clients add threads or tasks."""
