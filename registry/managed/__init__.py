"""Repositories that the platform owns: drafts, review, commits, clones."""
