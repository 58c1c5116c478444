"""Compiled recurrences, and how they are found and called."""
