"""Lint of the whole configuration: what is allowed and yet most likely a mistake, told with a code and a remedy."""
