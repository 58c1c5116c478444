"""Networks: torch modules on frames [B, T, C, H, W], and nothing but torch."""

from __future__ import annotations

from stforecast.nn.activations import make_activation
from stforecast.nn.attention import SqueezeExcite, TemporalTransformer
from stforecast.nn.augmentation import Augmented, FrameAugment
from stforecast.nn.cnn import FrameCNN, VolumeCNN
from stforecast.nn.cnn_lstm import CNNLSTM
from stforecast.nn.conv_blocks import ConvBlock, ResidualBlock
from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import ConvLSTMCell, SeparableConvLSTMCell
from stforecast.nn.encoder_forecaster import RolloutHead
from stforecast.nn.forecaster import ForecastNet
from stforecast.nn.gates import LSTMGates, NormGates, PeepholeGates, ZoneoutGates
from stforecast.nn.gatewise_conv import GatewiseConv2d
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
from stforecast.nn.recurrent_layers import Bidirectional, Residual, Unidirectional
from stforecast.nn.same_conv import SameConv2d

__all__ = [
    "CNNLSTM",
    "LSTM",
    "Augmented",
    "AverageCells",
    "AverageWindow",
    "Bidirectional",
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
    "LSTMGates",
    "LastStep",
    "LateFusion",
    "NormGates",
    "ParallelCNNLSTM",
    "PeepholeGates",
    "Residual",
    "ResidualBlock",
    "RolloutHead",
    "SameConv2d",
    "SeparableConvLSTMCell",
    "SqueezeExcite",
    "StepHead",
    "TemporalTransformer",
    "Unidirectional",
    "VolumeCNN",
    "WeightedFusion",
    "ZoneoutGates",
    "make_activation",
    "make_pooling",
]
