"""Dropout left on: what the samples are, that they repeat, and what they cannot be made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    FoldTime,
    LSTMForecaster,
    MonteCarloDropout,
    QuantileDecoder,
    SeriesForecaster,
    Training,
    make_windows,
)
from stforecast.estimators import TransformerAttention
from stforecast.series import SplitConformal

QUICK = {"baseline": None, "max_epochs": 2, "device": "cpu", "random_state": 0}
WAVE = np.sin(np.arange(120) / 5)


def network(dropout: float = 0.4, **params) -> LSTMForecaster:
    return LSTMForecaster(8, dropout=dropout, **{**QUICK, **params})


def windows(**params):
    return make_windows(WAVE, **{"lookback": 12, "horizon": 2, **params})


@pytest.mark.checks
def test_every_check_of_scikit_learn_passes_and_none_is_skipped() -> None:
    learns = LSTMForecaster(
        32, dropout=0.05, baseline=None, lr=0.03, max_epochs=25, batch_size=16,
        training=Training(validation_fraction=0), random_state=0,
    )  # fmt: skip
    model = MonteCarloDropout(learns, 2, random_state=0)
    checks = check_estimator(model, on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= 40


def test_it_is_the_mean_and_spread_of_dropout_applied_by_hand() -> None:
    # a linear head behind dropout: the samples have a mean and a variance that can be written down
    X, y = windows(horizon=1)
    decoder = DenseDecoder(dropout=0.4)
    inner = LSTMForecaster(8, decoder=decoder, training=Training(standardize=False), **QUICK)
    model = MonteCarloDropout(inner, 400, random_state=0).fit(X[:80], y[:80, 0])
    module, some = model.estimator_.net_.module_, X[100:103]
    with torch.no_grad():
        x = torch.tensor(np.asarray(some), dtype=torch.float32)[..., None, None]
        features = module.backbone(x)[0][:, -1].double().numpy()
        linear = next(m for m in module.head.modules() if isinstance(m, torch.nn.Linear))
        terms = features * linear.weight.double().numpy()
        mean = terms.sum(axis=1) + linear.bias.item()
    variance = (terms**2).sum(axis=1) * 0.4 / 0.6
    error = np.sqrt(variance / 400)
    np.testing.assert_array_less(np.abs(model.predict(some) - mean), 4 * error + 1e-5)
    np.testing.assert_allclose(model.predict_std(some), np.sqrt(variance), rtol=0.15)


@pytest.mark.parametrize(
    "inner",
    [
        ConvLSTMForecaster(4, (1, 3), 0.4, layers=ConvLSTMLayers(num_layers=2), **QUICK),
        CNNLSTMForecaster((4,), hidden_channels=4, dropout=0.4, **QUICK),
        CNNLSTMForecaster(
            (4,),
            hidden_channels=4,
            layers=CNNLSTMLayers(attention=TransformerAttention(2, dropout=0.4)),
            **QUICK,
        ),
    ],
    ids=["convlstm", "cnn-lstm", "transformer"],
)
def test_dropout_anywhere_in_a_network_spreads_its_forecasts(inner) -> None:
    X, y = windows()
    model = MonteCarloDropout(inner, 5, random_state=0).fit(X, y)
    assert (model.predict_std(X) > 1e-6).all()


def test_forecasts_repeat_and_do_not_depend_on_the_windows_beside_them() -> None:
    X, y = make_windows(np.sin(np.arange(700) / 5), lookback=12, horizon=2)  # several batches
    model = MonteCarloDropout(network(), 4, random_state=0).fit(X, y)
    whole = model.predict_std(X)
    np.testing.assert_array_equal(model.predict_std(X), whole)
    np.testing.assert_allclose(model.predict_std(X[650:652]), whole[650:652], rtol=1e-9)
    other = MonteCarloDropout(network(), 4, random_state=1).fit(X, y)
    np.testing.assert_array_equal(other.estimator_.predict(X), model.estimator_.predict(X))
    assert not np.allclose(other.predict_std(X), whole)


def test_more_samples_keep_the_first_ones() -> None:
    X, y = windows()
    few, more = (MonteCarloDropout(network(), n, random_state=0).fit(X, y) for n in (1, 2))
    assert few.seeds_[0] == more.seeds_[0]


def test_neither_the_network_nor_the_global_state_is_changed() -> None:
    X, y = windows()
    model = MonteCarloDropout(network(), 3, random_state=0).fit(X, y)
    before, state = model.estimator_.predict(X), torch.random.get_rng_state()
    model.predict(X)
    np.testing.assert_array_equal(model.estimator_.predict(X), before)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_threads_that_predict_side_by_side_do_not_disturb_each_other() -> None:
    X, y = windows()
    model = MonteCarloDropout(network(), 6, random_state=0).fit(X, y)
    plain, spread = model.estimator_.predict(X), model.predict_std(X)
    state = torch.random.get_rng_state()
    with ThreadPoolExecutor(8) as pool:
        whole = list(pool.map(model.predict_std, [X] * 8))
        alone = list(pool.map(model.estimator_.predict, [X] * 8))
        mixed = [
            (pool.submit(model.predict_std, X), pool.submit(model.estimator_.predict, X))
            for _ in range(8)
        ]
    for found in (*whole, *(one.result() for one, _ in mixed)):
        np.testing.assert_array_equal(found, spread)
    for found in (*alone, *(one.result() for _, one in mixed)):
        np.testing.assert_array_equal(found, plain)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_quantiles_are_the_means_of_those_of_the_samples() -> None:
    X, y = windows()
    inner = network(decoder=QuantileDecoder((0.2, 0.5, 0.8)))
    model = MonteCarloDropout(inner, 3, random_state=0).fit(X, y)
    found = model.predict_quantiles(X)
    assert found.shape == (len(X), 2, 3)
    np.testing.assert_allclose(found[..., 1], model.predict(X))
    assert model.quantiles_ == (0.2, 0.5, 0.8)
    assert not hasattr(MonteCarloDropout(network()), "predict_quantiles")


def test_its_spread_scales_conformal_intervals() -> None:
    pipe = make_pipeline(FoldTime(width=3), MonteCarloDropout(
        ConvLSTMForecaster(4, (1, 3), dropout=0.3, **QUICK), 5, random_state=0
    ))  # fmt: skip
    part = SplitConformal(30, scale="estimator")
    model = SeriesForecaster(pipe, lookback=12, horizon=2, calibration=part).fit(WAVE[:, None])
    widths = [np.ptp(model.forecast_interval(WAVE[:end, None])[:], axis=0) for end in (60, 66)]
    assert np.abs(widths[0] / widths[1] - 1).max() > 0.05


def test_a_network_without_dropout_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs a network with dropout.*Set dropout above 0"):
        MonteCarloDropout(network(dropout=0.0)).fit(*windows())


@pytest.mark.parametrize("inner", [Ridge(), make_pipeline(FoldTime(width=3), network())])
def test_what_has_no_network_of_its_own_is_refused(inner) -> None:
    X, y = windows()
    X = X if hasattr(inner, "steps") else np.asarray(X)[..., 0]
    with pytest.raises(
        TypeError, match="estimator must be a forecaster with a network, such as LSTMForecaster"
    ):
        MonteCarloDropout(inner).fit(X, y)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="n_samples must be an integer of at least 1, got 0"):
        MonteCarloDropout(network(), 0).fit(*windows())
