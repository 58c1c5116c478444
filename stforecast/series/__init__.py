"""Forecast the continuation of a series: tables, maps, panels."""

from stforecast.series._forecaster import SeriesForecaster
from stforecast.series._scorer import forecast_scorer
from stforecast.series.intervals._conformal import AdaptiveConformal, SplitConformal

__all__ = ["AdaptiveConformal", "SeriesForecaster", "SplitConformal", "forecast_scorer"]
