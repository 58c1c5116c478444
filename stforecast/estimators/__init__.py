"""Forecasters: scikit-learn estimators around torch networks trained by skorch."""

from stforecast._training.compute import Compute
from stforecast._training.training import Training
from stforecast.estimators._search_spaces import optuna_distributions
from stforecast.estimators.anomaly import ForecastAnomalyDetector
from stforecast.estimators.attention import SqueezeExciteAttention, TransformerAttention
from stforecast.estimators.augmentation import FrameAugmentation
from stforecast.estimators.cells import GatewiseCell, NormCell, PeepholeCell, ZoneoutCell
from stforecast.estimators.cnn_lstm import CNNLSTMForecaster
from stforecast.estimators.cnn_lstm_classifier import CNNLSTMClassifier
from stforecast.estimators.convlstm import ConvLSTMForecaster
from stforecast.estimators.convlstm_classifier import ConvLSTMClassifier
from stforecast.estimators.decoders import DenseDecoder, StepDecoder
from stforecast.estimators.ensemble import SeedEnsemble
from stforecast.estimators.layers import CNNLSTMLayers, ConvLSTMLayers
from stforecast.estimators.lstm import LSTMForecaster
from stforecast.estimators.lstm_classifier import LSTMClassifier
from stforecast.estimators.monte_carlo import MonteCarloDropout
from stforecast.estimators.parallel import ParallelCNNLSTMForecaster
from stforecast.estimators.parallel_classifier import ParallelCNNLSTMClassifier
from stforecast.estimators.parallel_layers import ParallelLayers
from stforecast.estimators.quantiles import QuantileDecoder
from stforecast.estimators.relative import RelativeForecaster
from stforecast.estimators.rollout import RolloutDecoder

__all__ = [
    "CNNLSTMClassifier",
    "CNNLSTMForecaster",
    "CNNLSTMLayers",
    "Compute",
    "ConvLSTMClassifier",
    "ConvLSTMForecaster",
    "ConvLSTMLayers",
    "DenseDecoder",
    "ForecastAnomalyDetector",
    "FrameAugmentation",
    "GatewiseCell",
    "LSTMClassifier",
    "LSTMForecaster",
    "MonteCarloDropout",
    "NormCell",
    "ParallelCNNLSTMClassifier",
    "ParallelCNNLSTMForecaster",
    "ParallelLayers",
    "PeepholeCell",
    "QuantileDecoder",
    "RelativeForecaster",
    "RolloutDecoder",
    "SeedEnsemble",
    "SqueezeExciteAttention",
    "StepDecoder",
    "Training",
    "TransformerAttention",
    "ZoneoutCell",
    "optuna_distributions",
]
