"""The platform's words, errors and the gate: pure, no Django, no I/O."""
