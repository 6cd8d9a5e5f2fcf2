"""Pages of streams, instruments and configuration changes."""
