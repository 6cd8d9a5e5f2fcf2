"""Forms of what is configured: fields that stand for places in an item, and what is checked before a change is proposed."""
