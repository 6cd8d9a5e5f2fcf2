"""What is configured, as pure values: documents, what changes in them, what holds at a moment and for a site."""
