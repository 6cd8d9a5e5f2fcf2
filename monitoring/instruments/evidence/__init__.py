"""What events show of their clients, and what is to be made of it; pure."""
