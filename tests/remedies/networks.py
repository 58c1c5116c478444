"""Of torch modules, built and called by hand."""

from __future__ import annotations

from typing import Any

import torch

from stforecast import nn
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
}
