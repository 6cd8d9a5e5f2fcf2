"""Change requests: from a draft to the revision that publishes it, and nothing live is written any other way."""
