"""Which hours are all there: per stream and store, by offsets and by what proves the path."""
