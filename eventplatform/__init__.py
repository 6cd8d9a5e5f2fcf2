"""The roof of the event platform: settings, addresses and what all apps share."""
