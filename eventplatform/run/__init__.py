"""`make run`: the whole platform on this machine under one supervisor."""
