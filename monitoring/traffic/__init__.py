"""What streams carry over time, kept by minute, hour and day, and what of it is out of the ordinary."""
