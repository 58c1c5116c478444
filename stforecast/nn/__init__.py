"""Networks: torch modules on frames [B, T, C, H, W], and nothing but torch."""

from __future__ import annotations

from stforecast.nn.activations import make_activation
from stforecast.nn.cnn import ConvBlock, FrameCNN, ResidualBlock, VolumeCNN
from stforecast.nn.cnn_lstm import CNNLSTM
from stforecast.nn.forecaster import ForecastNet
from stforecast.nn.heads import DenseHead, LastStep, StepHead
from stforecast.nn.lstm import LSTM
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
    "FlattenCells",
    "FlattenWindow",
    "ForecastNet",
    "FrameCNN",
    "LastStep",
    "ResidualBlock",
    "StepHead",
    "VolumeCNN",
    "make_activation",
    "make_pooling",
]
