"""Prediction intervals, calibrated on held-back origins."""
