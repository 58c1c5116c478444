"""Forecasters: scikit-learn estimators around torch networks trained by skorch."""

from stforecast._training.execution.compute import Compute
from stforecast._training.training import Training
from stforecast.estimators._search_spaces import optuna_distributions
from stforecast.estimators.baselines.advection import Advection
from stforecast.estimators.baselines.baseline import Baseline
from stforecast.estimators.baselines.climatology import Climatology, DampedAnomaly
from stforecast.estimators.baselines.deseasonalized import DeseasonalizedForecaster
from stforecast.estimators.baselines.matched import ProbabilityMatchedForecaster
from stforecast.estimators.baselines.naive import Persistence, SeasonalNaive
from stforecast.estimators.baselines.ridge import WindowRidge
from stforecast.estimators.baselines.stacked import StackedBaseline
from stforecast.estimators.baselines.stencil import StencilForecaster
from stforecast.estimators.cnn_lstm import CNNLSTMClassifier, CNNLSTMForecaster
from stforecast.estimators.convlstm import ConvLSTMClassifier, ConvLSTMForecaster, ConvLSTMLayers
from stforecast.estimators.lstm import LSTMClassifier, LSTMForecaster, LSTMLayers
from stforecast.estimators.parallel import (
    ParallelCNNLSTMClassifier,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
)
from stforecast.estimators.parts.attention import SqueezeExciteAttention, TransformerAttention
from stforecast.estimators.parts.augmentation import FrameAugmentation
from stforecast.estimators.parts.base import Decoder
from stforecast.estimators.parts.bounds import BoundedDecoder
from stforecast.estimators.parts.cells import GatewiseCell, NormCell, PeepholeCell, ZoneoutCell
from stforecast.estimators.parts.cnn_lstm_layers import CNNLSTMLayers
from stforecast.estimators.parts.decoders import DenseDecoder, StepDecoder
from stforecast.estimators.parts.quantiles import QuantileDecoder
from stforecast.estimators.parts.rates import RainDecoder
from stforecast.estimators.parts.rollout import RolloutDecoder
from stforecast.estimators.wrappers.anomaly import ForecastAnomalyDetector
from stforecast.estimators.wrappers.ensemble import SeedEnsemble
from stforecast.estimators.wrappers.monte_carlo import MonteCarloDropout
from stforecast.estimators.wrappers.relative import RelativeForecaster

__all__ = [
    "Advection",
    "Baseline",
    "BoundedDecoder",
    "CNNLSTMClassifier",
    "CNNLSTMForecaster",
    "CNNLSTMLayers",
    "Climatology",
    "Compute",
    "ConvLSTMClassifier",
    "ConvLSTMForecaster",
    "ConvLSTMLayers",
    "DampedAnomaly",
    "Decoder",
    "DenseDecoder",
    "DeseasonalizedForecaster",
    "ForecastAnomalyDetector",
    "FrameAugmentation",
    "GatewiseCell",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMLayers",
    "MonteCarloDropout",
    "NormCell",
    "ParallelCNNLSTMClassifier",
    "ParallelCNNLSTMForecaster",
    "ParallelLayers",
    "PeepholeCell",
    "Persistence",
    "ProbabilityMatchedForecaster",
    "QuantileDecoder",
    "RainDecoder",
    "RelativeForecaster",
    "RolloutDecoder",
    "SeasonalNaive",
    "SeedEnsemble",
    "SqueezeExciteAttention",
    "StackedBaseline",
    "StencilForecaster",
    "StepDecoder",
    "Training",
    "TransformerAttention",
    "WindowRidge",
    "ZoneoutCell",
    "optuna_distributions",
]
