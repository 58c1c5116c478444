"""The forecaster for sktime; no other subpackage imports sktime."""

from stforecast.sktime._forecaster import SktimeForecaster

__all__ = ["SktimeForecaster"]
