"""The role `stream`: events as they come in, given out over HTTP as server-sent events."""
