"""What can be wrong, with what to do: one list of kinds for each area."""
