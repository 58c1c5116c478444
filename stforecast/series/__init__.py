"""Forecast the continuation of a series: tables, maps, panels."""

from stforecast.series._forecaster import SeriesForecaster
from stforecast.series._scorer import forecast_scorer

__all__ = ["SeriesForecaster", "forecast_scorer"]
