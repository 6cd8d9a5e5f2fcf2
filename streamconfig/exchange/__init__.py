"""Configuration in files: what others write is read as it is, and what holds is written as others read it."""
