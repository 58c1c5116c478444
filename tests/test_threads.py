"""Threads may ask one fitted object side by side: no call changes what others see."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch

import stforecast as st
from tests.persistence.test_classes import FITS, GRIDS, LEVELS, PARTED, TABLE, X, forecaster
from tests.persistence.test_classes import network as small_network

THREADS, TIMES = 8, 3
FUTURE = st.make_windows(TABLE, lookback=6, horizon=2)[1]
# the last fit of a class is the one with most inside
MODELS = {
    **{name: fits[-1] for name, fits in FITS.items()},
    "estimators.MonteCarloDropout of quantiles": lambda: st.MonteCarloDropout(
        small_network(dropout=0.5, decoder=st.QuantileDecoder()), 3
    ).fit(X, np.asarray(FUTURE)),
    "series.SeriesForecaster of a thinned network": lambda: forecaster(
        st.MonteCarloDropout(small_network(dropout=0.5), 3, random_state=0)
    ),
}
INPUTS = (X, PARTED, GRIDS, LEVELS, np.asarray(X)[:, -1], np.ones((4, 6)), np.ones((3, 2, 4, 5, 2)))


def answers(model: Any) -> list[np.ndarray]:
    """What a fitted object says of the inputs that it takes."""
    if hasattr(model, "forecast"):
        return [np.asarray(model.forecast())]
    found = []
    for inputs in INPUTS:
        for method in ("predict", "predict_std", "predict_proba", "score_samples", "transform"):
            try:
                found.append(np.asarray(getattr(model, method)(inputs)))
            except (AttributeError, ValueError, TypeError):
                continue
    return found


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("name", MODELS)
def test_eight_threads_get_what_one_gets(name: str) -> None:
    model = MODELS[name]()
    expected = answers(model)
    assert expected
    before, threads = pickle.dumps(model), torch.get_num_threads()
    barrier = Barrier(THREADS)

    def ask(_: int) -> list[list[np.ndarray]]:
        barrier.wait()
        return [answers(model) for _ in range(TIMES)]

    with ThreadPoolExecutor(THREADS) as pool:
        everything = [found for each in pool.map(ask, range(THREADS)) for found in each]
    for found in everything:
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    assert pickle.dumps(model) == before
    assert torch.get_num_threads() == threads


def test_a_plain_network_beside_a_thinned_one_forecasts_the_same() -> None:
    thinned = st.MonteCarloDropout(small_network(dropout=0.5), 5, random_state=0)
    thinned.fit(X, np.asarray(FUTURE))
    plain = thinned.estimator_
    expected = plain.predict(X), thinned.predict(X)

    def ask(number: int) -> np.ndarray:
        return np.asarray((plain, thinned)[number % 2].predict(X))

    with ThreadPoolExecutor(THREADS) as pool:
        for number, found in enumerate(pool.map(ask, range(64))):
            np.testing.assert_array_equal(found, expected[number % 2])
