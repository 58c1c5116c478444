"""Every network in another runtime: the file gives the module's numbers, for any batch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from stforecast.nn import (
    CNNLSTM,
    LSTM,
    AverageWindow,
    ConvLSTM,
    DenseHead,
    EarlyFusion,
    FlattenCells,
    ForecastNet,
    FrameCNN,
    ParallelCNNLSTM,
    ResidualBlock,
    RolloutHead,
    SqueezeExcite,
    StepHead,
    TemporalTransformer,
    VolumeCNN,
    WeightedFusion,
)
from tests.nn.checks import noise, randomised

X = noise(2, 2, 2, 3, 4).float()
KNOWN, TABLE = noise(2, 2, 1, seed=1).float(), noise(2, 2, 2, seed=2).float()


def convlstm() -> ForecastNet:
    backbone = ConvLSTM(2, 4, 3, bidirectional=True, residual=True, cell="norm")
    return ForecastNet(backbone, DenseHead(8, 5, grid=(3, 4), reverse_channels=4))


def encoder_forecaster() -> ForecastNet:
    return ForecastNet(
        ConvLSTM(2, 3, cell="peephole"), RolloutHead(3, 2, horizon=2, known_features=1)
    )


def cnn_lstm() -> ForecastNet:
    cnn = FrameCNN(
        2, (4,), grid=(3, 4), pool_size=2, block=ResidualBlock, batch_norm=True, reduce=4
    )
    flat = FlattenCells(4, cnn.out_grid)
    between = (SqueezeExcite(4), flat, TemporalTransformer(flat.features))
    lstm = LSTM(flat.features, 4, num_layers=2, residual=True)
    return ForecastNet(CNNLSTM(cnn, lstm, between), StepHead(4, 2, known_features=1))


def parallel() -> ForecastNet:
    cnn = nn.Sequential(VolumeCNN(4, (4,), grid=(3, 4)), AverageWindow(4))
    both = ParallelCNNLSTM(cnn, LSTM(48, 3, activation="relu"), WeightedFusion(4, 3))
    return ForecastNet(EarlyFusion(both), DenseHead(3, 2), inputs=("table",))


NETS = {
    convlstm: {},
    encoder_forecaster: {"known": KNOWN},
    cnn_lstm: {"known": KNOWN},
    parallel: {"table": TABLE},
}


def write(net: nn.Module, parts: dict[str, torch.Tensor], path: Path) -> None:
    shapes = {"x": {0: "batch"}, "parts": {key: {0: "batch"} for key in parts}}
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that torchvision is not there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, of its own deprecated parts
            program = torch.onnx.export(
                net,
                (X,),
                kwargs={"parts": parts},
                dynamo=True,
                dynamic_shapes=shapes,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    program.save(path)


@pytest.mark.parametrize("make", NETS)
def test_the_file_gives_the_numbers_of_the_module(
    make: Callable[[], ForecastNet], tmp_path: Path
) -> None:
    net, parts = randomised(make(), scale=0.3).float().eval(), NETS[make]
    write(net, parts, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    for rows in (slice(0, 1), slice(None)):
        values = [X[rows], *(part[rows] for part in parts.values())]
        feed = {
            given.name: value.numpy()
            for given, value in zip(session.get_inputs(), values, strict=True)
        }
        (found,) = session.run(None, feed)
        with torch.no_grad():
            expected = net(values[0], dict(zip(parts, values[1:], strict=True)))
        np.testing.assert_allclose(found, expected, atol=1e-5)
