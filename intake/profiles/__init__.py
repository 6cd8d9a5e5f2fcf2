"""Profiles: two ways to say what became of a request, the platform's own and EventGate's."""
