"""The live picture: sources, streams and stores, with what flows between them."""
