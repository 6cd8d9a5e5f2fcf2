"""Reads git repositories that nobody vouches for: a bounded fetch of one branch, then its objects; never a checkout."""
