"""What a series may be, read into one form."""
