"""Panels of the forecasting competitions, each learned by one network."""
