"""Studies of accuracy, one folder each."""
