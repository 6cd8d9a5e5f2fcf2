"""Forms of targets and connectors, made from what stores and rules declare."""
