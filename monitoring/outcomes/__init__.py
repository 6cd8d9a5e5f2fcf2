"""What became of the intake's events: read from its counters, kept by minute and hour, shown, and compared with the log."""
