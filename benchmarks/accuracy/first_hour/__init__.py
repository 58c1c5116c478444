"""What a newcomer gets from default estimators on short series."""
