"""Tables of the embedded event log and of dead letters; no models belong to them."""
