"""Rejected events: refused by the intake, set aside by connectors and jobs; collected, grouped, shown, mended and replayed."""
