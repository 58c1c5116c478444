"""Networks: torch modules on frames [B, T, C, H, W], and nothing but torch."""

from __future__ import annotations

from stforecast.nn.activations import make_activation
from stforecast.nn.attention import SqueezeExcite, TemporalTransformer
from stforecast.nn.cnn import FrameCNN, VolumeCNN
from stforecast.nn.cnn_lstm import CNNLSTM
from stforecast.nn.conv_blocks import ConvBlock, ResidualBlock
from stforecast.nn.forecaster import ForecastNet
from stforecast.nn.heads import DenseHead, LastStep, StepHead
from stforecast.nn.lstm import LSTM
from stforecast.nn.parallel import EarlyFusion, LateFusion, ParallelCNNLSTM, WeightedFusion
from stforecast.nn.pooling import (
    AverageCells,
    AverageWindow,
    FlattenCells,
    FlattenWindow,
    make_pooling,
)

__all__ = [
    "CNNLSTM",
    "LSTM",
    "AverageCells",
    "AverageWindow",
    "ConvBlock",
    "DenseHead",
    "EarlyFusion",
    "FlattenCells",
    "FlattenWindow",
    "ForecastNet",
    "FrameCNN",
    "LastStep",
    "LateFusion",
    "ParallelCNNLSTM",
    "ResidualBlock",
    "SqueezeExcite",
    "StepHead",
    "TemporalTransformer",
    "VolumeCNN",
    "WeightedFusion",
    "make_activation",
    "make_pooling",
]
