"""Topics follow configuration: made, grown and kept as streams say, what differs is told, nothing is deleted unasked."""
