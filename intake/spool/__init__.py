"""The intake's own disk queue while the log is away; pure but for its files, `docs/decisions/0013` says why it is as it is."""
