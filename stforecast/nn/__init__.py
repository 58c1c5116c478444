"""Networks: torch modules on frames [B, T, C, H, W], and nothing but torch."""

from __future__ import annotations

from stforecast.nn.attention import SqueezeExcite, TemporalTransformer
from stforecast.nn.augmentation import FrameAugment
from stforecast.nn.backends import show_backends
from stforecast.nn.base import Backbone, ForecastNet, Head
from stforecast.nn.cnn import FrameCNN, VolumeCNN
from stforecast.nn.cnn_lstm import CNNLSTM
from stforecast.nn.conv_blocks import ConvBlock, ResidualBlock
from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import ConvLSTMCell, SeparableConvLSTMCell
from stforecast.nn.encoder_forecaster import RolloutHead
from stforecast.nn.gates import LSTMGates, NormGates, PeepholeGates, ZoneoutGates
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.heads import DenseHead, StepHead
from stforecast.nn.lstm import LSTM
from stforecast.nn.parallel import EarlyFusion, LateFusion, ParallelCNNLSTM, WeightedFusion
from stforecast.nn.pooling import (
    AverageCells,
    AverageWindow,
    FlattenCells,
    FlattenWindow,
)

__all__ = [
    "CNNLSTM",
    "LSTM",
    "AverageCells",
    "AverageWindow",
    "Backbone",
    "ConvBlock",
    "ConvLSTM",
    "ConvLSTMCell",
    "DenseHead",
    "EarlyFusion",
    "FlattenCells",
    "FlattenWindow",
    "ForecastNet",
    "FrameAugment",
    "FrameCNN",
    "GatewiseConv2d",
    "Head",
    "LSTMGates",
    "LateFusion",
    "NormGates",
    "ParallelCNNLSTM",
    "PeepholeGates",
    "ResidualBlock",
    "RolloutHead",
    "SeparableConvLSTMCell",
    "SqueezeExcite",
    "StepHead",
    "TemporalTransformer",
    "VolumeCNN",
    "WeightedFusion",
    "ZoneoutGates",
    "show_backends",
]
