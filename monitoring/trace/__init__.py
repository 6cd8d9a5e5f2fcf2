"""Where is my event? One event from the client to every store: found by a bounded scan of the log, told step by step."""
