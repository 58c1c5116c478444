"""Temperature maps 1, 6 and 24 hours ahead, beside what costs nothing."""
