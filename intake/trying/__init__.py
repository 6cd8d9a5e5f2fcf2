"""Events seen as they come in, before and after they are judged: for clients' tests, and for people who watch a stream."""
