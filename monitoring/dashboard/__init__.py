"""The health of the platform on one page, and what lies behind each of its figures."""
