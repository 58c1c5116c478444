"""The sktime door: the only room that imports sktime."""

from stforecast.sktime._forecaster import SktimeForecaster

__all__ = ["SktimeForecaster"]
