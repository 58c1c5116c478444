"""Forecasts solved in closed form, on which a network can stand."""
