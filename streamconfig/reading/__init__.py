"""Who may read the events of which streams."""
