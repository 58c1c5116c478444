"""Forecasters: scikit-learn estimators around torch networks trained by skorch."""

from stforecast.estimators._training import Training
from stforecast.estimators.decoders import DenseDecoder, StepDecoder
from stforecast.estimators.lstm import LSTMForecaster

__all__ = ["DenseDecoder", "LSTMForecaster", "StepDecoder", "Training"]
