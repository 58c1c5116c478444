"""Rain: a loss weighted by how hard it rains, and forecasts above zero."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stforecast import (
    ConvLSTMForecaster,
    LSTMClassifier,
    LSTMForecaster,
    QuantileDecoder,
    RelativeForecaster,
    make_windows,
)
from stforecast.estimators import BoundedDecoder, RainDecoder
from stforecast.estimators.parts.rates import RATES, WEIGHTS, RateLoss
from stforecast.exceptions import ShapeError
from stforecast.metrics import probability_of_detection
from stforecast.nn import RolloutHead
from stforecast.persistence import load, save


def rain(rows: int = 120) -> np.ndarray:
    """Maps of rain whose hard showers cannot be foreseen well."""
    rng = np.random.default_rng(0)
    return (rng.exponential(size=(rows, 4, 4)) ** 2).astype(np.float32)


@pytest.mark.parametrize("name", ["mse", "mae"])
@pytest.mark.parametrize("masked", [False, True])
def test_each_error_counts_by_the_weight_of_its_rate(name, masked):
    rng = np.random.default_rng(1)
    rate = np.array([[0.0, 1.99, 2.01, 4.99], [5.01, 9.99, 30.01, 80.0]])
    mean, scale = rng.normal(size=4), rng.uniform(0.5, 2, size=4)
    target = (rate - mean) / scale
    found = rng.normal(size=target.shape)
    known = np.ones(target.shape, bool)
    if masked:
        known[1, 2] = False
    weight = np.array([[1, 1, 2, 2], [5, 5, 30, 30]])
    power = {"mse": 2, "mae": 1}[name]
    expected = (weight * np.abs(found - target) ** power)[known].sum() / known.sum()
    loss = RateLoss(name, masked, RATES, WEIGHTS).double()
    loss.set_units(torch.tensor(mean), torch.tensor(scale))
    loss.double()
    seen = torch.tensor(np.where(known, target + 1e-9, np.nan))
    value = loss(torch.tensor(found, requires_grad=True), seen)
    assert value.item() == pytest.approx(expected, rel=1e-5)
    assert loss.count(seen) == known.sum()


def test_weights_of_one_are_the_plain_loss():
    torch.manual_seed(0)
    found, target = torch.randn(2, 5, 3)
    plain = torch.nn.functional.mse_loss(found, target)
    torch.testing.assert_close(RateLoss("mse", False, (1.0,), (1.0, 1.0))(found, target), plain)


def test_hard_rain_is_found_more_often_and_nothing_is_negative():
    X, y = make_windows(rain(), lookback=3)
    truth = np.asarray(y)

    def detected(decoder):
        model = ConvLSTMForecaster(
            4, 1, decoder=decoder, baseline=None, max_epochs=12, lr=0.01, random_state=0
        )
        found = model.fit(X, y).predict(X)
        assert found.min() >= 0
        return probability_of_detection(truth, found, 3.0)

    plain = detected(BoundedDecoder((0, None)))
    assert detected(RainDecoder((1, 3), (1, 5, 20))) > plain + 0.3


def test_maps_roll_out_and_a_file_gives_the_same(tmp_path):
    X, y = make_windows(rain(30), lookback=3)
    model = ConvLSTMForecaster(2, 1, decoder=RainDecoder(), max_epochs=1, random_state=0)
    model.fit(X, y)
    assert isinstance(model.net_.module_.head.head, RolloutHead)
    save(model, tmp_path / "model.stf")
    np.testing.assert_array_equal(load(tmp_path / "model.stf").predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rates": (2, 1), "weights": (1, 2, 3)}, "decoder__rates must rise"),
        ({"rates": (1, 2), "weights": (1, 2)}, "hold one more.*got 2 rates and 2 weights"),
        ({"rates": (-1,), "weights": (1, 2)}, "decoder__rates must be"),
        ({"decoder": QuantileDecoder()}, "decoder__decoder must give one value"),
        ({"decoder": BoundedDecoder()}, "within no bounds of its own"),
    ],
)
def test_what_makes_no_sense_is_refused(params, message):
    with pytest.raises(ValueError, match=message):
        LSTMForecaster(decoder=RainDecoder(**params)).fit(np.ones((9, 3)), np.ones(9))


def test_what_it_does_not_go_with_is_refused_in_its_own_words():
    X, y = make_windows(rain(20)[:, 0, 0], lookback=3)
    decoder = RainDecoder(decoder="dense")
    model = LSTMForecaster(2, decoder=decoder, max_epochs=1)
    refused = {
        r"within \(0\.0, None\), the bounds that the decoder sets": lambda: model.fit(X, y - 1),
        r"Bounds are in the units .*RainDecoder.* the decoder inside this one": lambda: (
            RelativeForecaster(model).fit(X, y)
        ),
        r"set no bounds in a classifier.*RainDecoder.*Pass the decoder inside it": lambda: (
            LSTMClassifier(2, decoder=decoder).fit(X, np.arange(len(X)) % 2)
        ),
        r"Use BoundedDecoder\(\(0\.0, None\), decoder=Quant": lambda: LSTMForecaster(
            decoder=QuantileDecoder(decoder=decoder)
        ).fit(X, y),
    }
    for message, fit in refused.items():
        with pytest.raises(ValueError, match=message) as caught:
            fit()
        assert "decoder__bounds" not in str(caught.value)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ShapeError, match="or the loss would broadcast"):
        RateLoss("mse", False, RATES, WEIGHTS)(torch.zeros(4), torch.zeros(4, 1))
