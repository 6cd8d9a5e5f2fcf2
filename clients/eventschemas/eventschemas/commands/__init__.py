"""The verbs of the command: each module adds its arguments and runs one of them."""
