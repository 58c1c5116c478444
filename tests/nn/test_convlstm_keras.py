from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import ConvLSTMCell
from tests.nn.test_convlstm import go_by

RECORDED = Path(__file__).with_name("fixtures") / "keras_convlstm.npz"


@pytest.fixture(params=["square", "even", "relu"])
def case(request):
    with np.load(RECORDED) as recorded:
        prefix = f"{request.param}_"
        tensors = {
            key.removeprefix(prefix): torch.from_numpy(recorded[key])
            for key in recorded
            if key.startswith(prefix)
        }
    return tensors | {"activation": "relu" if request.param == "relu" else "tanh"}


@pytest.mark.parametrize("way", ["kernel", "dense", "by hand", "steps"])
def test_keras_gives_our_numbers_with_our_weights(case, way, monkeypatch):
    go_by(way, monkeypatch)
    C, F, kernel = case["x"].shape[2], case["h"].shape[1], tuple(case["Wx"].shape[2:])
    make = partial(ConvLSTMCell, activation=case["activation"])
    layer = ConvLSTM(C, F, kernel, cell=make).double()
    cell = layer.layers[0].cell
    with torch.no_grad():
        cell.input_conv.weight.copy_(case["Wx"])
        cell.state_conv.weight.copy_(case["Wh"])
        cell.input_conv.bias.copy_(case["bias"])
    output, (h, c) = layer(case["x"], (case["h"][None], case["c"][None]))
    torch.testing.assert_close(output, case["output"], rtol=0, atol=1e-12)
    torch.testing.assert_close(h[0], case["last_h"], rtol=0, atol=1e-12)
    torch.testing.assert_close(c[0], case["last_c"], rtol=0, atol=1e-12)
