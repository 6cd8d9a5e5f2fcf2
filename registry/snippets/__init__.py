"""Programs that send an event: one for each language, with a client library where there is one and without any."""
