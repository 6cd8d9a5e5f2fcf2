"""One schema and its text: read, made self-contained, checked, compiled; pure."""
