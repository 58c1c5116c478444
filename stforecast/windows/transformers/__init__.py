"""Transformers from windows to windows, one a file."""
