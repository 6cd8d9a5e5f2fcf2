"""What stands before every door: limits, content types, the body, its JSON; pure, written once for both adapters."""
