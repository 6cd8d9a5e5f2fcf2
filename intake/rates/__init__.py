"""Limits that several processes keep together: what each was asked for goes through Redis, in the background."""
