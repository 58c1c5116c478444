"""Of torch modules, built and called by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from stforecast import nn
from stforecast.nn.base import make_activation
from stforecast.nn.convlstm_cell import resolve_cell
from stforecast.nn.pooling import make_pooling
from tests.remedies import Remedy, remedy

FRAMES = torch.zeros(2, 3, 2, 4, 4)


def convlstm(**parameters: Any) -> nn.ConvLSTM:
    return nn.ConvLSTM(2, 4, 3, **parameters)


REMEDIES: dict[str, Remedy] = {
    "frames of other channels": remedy(
        lambda: convlstm()(FRAMES[:, :, :1]),
        "Build it for these frames, or reshape the frames",
        lambda: nn.ConvLSTM(1, 4, 3)(FRAMES[:, :, :1]),
        lambda: convlstm()(FRAMES[:, :, :1].reshape(2, 3, 2, 4, 2)),
    ),
    "a state of another grid": remedy(
        lambda: convlstm()(FRAMES, convlstm()(FRAMES[..., :2])[1]),
        "Pass the state that this layer returned for windows of this number and grid",
        lambda: convlstm()(FRAMES, convlstm()(FRAMES)[1]),
    ),
    "an LSTM of other frames": remedy(
        lambda: nn.LSTM(7, 4)(FRAMES),
        "Build it with in_features=C * H * W",
        lambda: nn.LSTM(in_features=2 * 4 * 4, hidden_channels=4)(FRAMES),
    ),
    "a state of another LSTM": remedy(
        lambda: nn.LSTM(32, 4)(FRAMES, nn.LSTM(32, 5)(FRAMES)[1]),
        "Pass the state of an LSTM like this one",
        lambda: nn.LSTM(32, 4)(FRAMES, nn.LSTM(32, 4)(FRAMES)[1]),
    ),
    "an embedding of no features in a head": remedy(
        lambda: nn.DenseHead(4, 2, embedding=3),
        "Say how many there are, or leave embedding out",
        lambda: nn.DenseHead(4, 2, static=5, embedding=3),
        lambda: nn.DenseHead(4, 2),
    ),
    "more groups than channels allow": remedy(
        lambda: nn.ConvLSTM(2, 1, 3, cell="norm")(FRAMES),
        "Use more channels or fewer groups",
        lambda: nn.ConvLSTM(2, 2, 3, cell="norm")(FRAMES),
    ),
    "an activation that no one knows": remedy(
        lambda: make_activation("sine"),
        "activation must be 'relu', 'tanh'",
        lambda: make_activation("tanh"),
    ),
    "a cell by a wrong name": remedy(
        lambda: resolve_cell("separabel"),
        "Did you mean 'separable'?",
        lambda: resolve_cell("separable"),
    ),
    "a layer with a cell by a wrong name": remedy(
        lambda: convlstm(cell="separabel"),
        "Did you mean 'separable'?",
        lambda: convlstm(cell="separable")(FRAMES),
    ),
    "a pooling that no one knows": remedy(
        lambda: make_pooling("max", 4, (2, 2)),
        "pooling must be 'flatten' or 'average'",
        lambda: make_pooling("average", 4, (2, 2)),
    ),
    "excitation behind the pooling": remedy(
        lambda: nn.SqueezeExcite(4)(torch.zeros(2, 3, 4)),
        "Put it before the pooling and build it with the CNN's out_channels",
        lambda: nn.SqueezeExcite(4)(torch.zeros(2, 3, 4, 5, 5)),
    ),
    "heads that do not divide features": remedy(
        lambda: nn.TemporalTransformer(6, heads=4),
        "Use heads=1 or change the CNN's channels",
        lambda: nn.TemporalTransformer(6, heads=1),
        lambda: nn.TemporalTransformer(8, heads=4),
    ),
    "attention before the pooling": remedy(
        lambda: nn.TemporalTransformer(4)(torch.zeros(2, 3, 4, 5, 5)),
        "Put it after the pooling and build it with the pooling's features",
        lambda: nn.TemporalTransformer(4)(torch.zeros(2, 3, 4)),
    ),
    "turns of frames that are not square": remedy(
        lambda: nn.FrameAugment(rotate=True)(FRAMES[..., :2]),
        "Leave rotate out, or make them square",
        lambda: nn.FrameAugment(flip_rows=True)(FRAMES[..., :2]),
        lambda: nn.FrameAugment(rotate=True)(FRAMES),
    ),
    "pieces larger than frames": remedy(
        lambda: nn.FrameAugment(size=9)(FRAMES),
        "Lower it, or use crop, which brings zeros in",
        lambda: nn.FrameAugment(size=3)(FRAMES),
        lambda: nn.FrameAugment(crop=2)(FRAMES),
    ),
    "windows as a table": remedy(
        lambda: network()(torch.zeros(2, 3, 2)),
        "A table has H = W = 1: add two axes of length 1",
        lambda: network()(torch.zeros(2, 3, 2)[..., None, None]),
    ),
    "a backbone of another kind": remedy(
        lambda: nn.ForecastNet(torch.nn.Linear(2, 4), nn.DenseHead(4, 1)),
        "Derive its class from stforecast.nn.Backbone",
        lambda: nn.ForecastNet(Linear(), nn.DenseHead(4, 1))(FRAMES[..., :1, :1]),
    ),
    "a fusion that does not say its channels": remedy(
        lambda: parallel(Silent()),
        "Set out_channels in its __init__",
        lambda: parallel(Speaking()),
    ),
    "a head that misses its part": remedy(
        lambda: network(static=3)(FRAMES[..., :1, :1]),
        "Pass it with the windows, or build the head without it",
        lambda: network(static=3)(FRAMES[..., :1, :1], {"static": torch.zeros(2, 3)}),
        lambda: network()(FRAMES[..., :1, :1]),
    ),
    "a head with a part of another shape": remedy(
        lambda: network(static=3)(FRAMES[..., :1, :1], {"static": torch.zeros(2, 5)}),
        "Build the head for this shape",
        lambda: network(static=5)(FRAMES[..., :1, :1], {"static": torch.zeros(2, 5)}),
    ),
    "a backbone that misses its part": remedy(
        lambda: early()(FRAMES),
        "Pass it with the windows",
        lambda: early()(FRAMES, {"table": torch.zeros(2, 3, 5)}),
    ),
    "a table of other steps": remedy(
        lambda: early()(FRAMES, {"table": torch.zeros(2, 9, 5)}),
        "Cut both with the same lookback and stride",
        lambda: early()(FRAMES, {"table": torch.zeros(2, 3, 5)}),
    ),
    "a head that reads both directions forwards": remedy(
        lambda: both_ways(0),
        "Build the head with reverse_channels=4",
        lambda: both_ways(4)(FRAMES),
    ),
    "a head of other features": remedy(
        lambda: nn.ForecastNet(convlstm(), nn.DenseHead(4, 1))(FRAMES),
        "Build it with the backbone's out_channels and grid",
        lambda: nn.ForecastNet(convlstm(), nn.DenseHead(4, 1, grid=(4, 4)))(FRAMES),
    ),
    "a rollout of other layers": remedy(
        lambda: nn.ForecastNet(convlstm(num_layers=2), nn.RolloutHead(4, 2, 3))(FRAMES),
        "Give both the same num_layers and hidden_channels, and let the backbone run one way",
        lambda: nn.ForecastNet(convlstm(), nn.RolloutHead(4, 2, 3))(FRAMES),
    ),
    "a residual link around a single layer": remedy(
        lambda: nn.RolloutHead(4, 2, 3, residual=True),
        "Use 2 layers or more, or leave residual out",
        lambda: nn.RolloutHead(4, 2, 3, residual=True, num_layers=2),
        lambda: nn.RolloutHead(4, 2, 3),
    ),
    "peepholes of another grid": remedy(
        lambda: peepholes((3, 3))(FRAMES),
        "Build them for this grid, or leave grid out for one weight a channel",
        lambda: peepholes((4, 4))(FRAMES),
        lambda: peepholes(None)(FRAMES),
    ),
    "channels that four gates cannot share": remedy(
        lambda: nn.GatewiseConv2d(2, 6, 3),
        "Pass four times the hidden channels",
        lambda: nn.GatewiseConv2d(2, 4 * 6, 3),
    ),
    "a branch that gives a vector for each frame": remedy(
        lambda: parallel(nn.LateFusion(4, 4), torch.nn.Identity())(FRAMES),
        "Put AverageWindow or FlattenWindow behind it",
        lambda: parallel(nn.LateFusion(4, 4))(FRAMES),
    ),
    "a fusion of other features": remedy(
        lambda: parallel(nn.LateFusion(5, 4))(FRAMES),
        "Build it for these, and cut windows of the frames that the branches were built for",
        lambda: parallel(nn.LateFusion(4, 4))(FRAMES),
    ),
}


class Linear(nn.Backbone):
    """A backbone without a memory."""

    def __init__(self) -> None:
        super().__init__()
        self.out_channels, self.layer = 4, torch.nn.Linear(2, 4)

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x.flatten(2)), None


class Silent(torch.nn.Module):
    """A fusion that does not say how many channels it gives."""

    def forward(self, cnn: torch.Tensor, lstm: torch.Tensor) -> torch.Tensor:
        return cnn + lstm


class Speaking(Silent):
    """A fusion that says how many channels it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.out_channels = 4


def network(static: int = 0) -> nn.ForecastNet:
    return nn.ForecastNet(nn.LSTM(2, 4), nn.DenseHead(4, 1, static=static))


def early() -> nn.ForecastNet:
    backbone = nn.EarlyFusion(nn.ConvLSTM(2 + 5, 4, 3))
    return nn.ForecastNet(backbone, nn.DenseHead(4, 1, grid=(4, 4)), inputs=("table",))


def both_ways(reverse_channels: int) -> nn.ForecastNet:
    head = nn.DenseHead(8, 1, grid=(4, 4), reverse_channels=reverse_channels)
    return nn.ForecastNet(convlstm(bidirectional=True), head)


def parallel(fusion: torch.nn.Module, cnn: Any = None) -> nn.ParallelCNNLSTM:
    branch = (
        torch.nn.Sequential(nn.FrameCNN(2, (4,), grid=(4, 4)), nn.AverageWindow(4))
        if cnn is None
        else cnn
    )
    return nn.ParallelCNNLSTM(branch, nn.LSTM(32, 4), fusion)


def peepholes(grid: tuple[int, int] | None) -> nn.ConvLSTM:
    where = {} if grid is None else {"grid": grid}
    return convlstm(cell=partial(nn.ConvLSTMCell, gates=partial(nn.PeepholeGates, **where)))
