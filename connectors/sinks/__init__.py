"""One store a file; the file's name is the kind, and `connectors/catalog.py` finds it."""
