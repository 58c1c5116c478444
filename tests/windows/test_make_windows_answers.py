"""With horizon=0 no window holds its own answer."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from stforecast import Flatten, OriginSplit, make_windows

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(300, 3)), columns=["flow", "heat", "life"])


@pytest.mark.parametrize("target", ["life", ["life"], ["heat", "life"]])
def test_columns_that_target_names_are_taken_out_of_the_windows(target: object) -> None:
    X, y = make_windows(TABLE, lookback=5, horizon=0, target=target)
    left = [name for name in TABLE if name not in np.atleast_1d(np.array(target)).tolist()]
    assert list(X.columns or ()) == left
    np.testing.assert_array_equal(X[0][0] if X.ndim == 2 else np.asarray(X)[0], TABLE[left][:5])
    expected = TABLE[target][4:].to_numpy()
    np.testing.assert_array_equal(np.asarray(y).ravel(), expected.ravel())


@pytest.mark.parametrize("values", [TABLE.to_numpy(), RNG.normal(size=(40, 3, 2, 2))])
def test_channels_of_arrays_are_taken_out_too(values: np.ndarray) -> None:
    X, y = make_windows(values, lookback=5, horizon=0, target=[1])
    np.testing.assert_array_equal(np.asarray(X)[0], values[:5, [0, 2]])
    np.testing.assert_array_equal(np.asarray(y)[0].ravel(), values[4, 1].ravel())


def test_noise_cannot_be_told_from_noise() -> None:
    X, y = make_windows(TABLE, lookback=5, horizon=0, target="life")
    model = make_pipeline(Flatten(), Ridge(1e-6))
    assert (cross_val_score(model, X, y, cv=OriginSplit(3)) < 0.2).all()


def test_windows_of_nothing_else_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"nothing is left. Add other columns, or set horizon=1"):
        make_windows(TABLE[["life"]], lookback=5, horizon=0, target="life")
    X, _ = make_windows(TABLE[["life"]], lookback=5, horizon=1, target="life")
    assert X.shape[2] == 1


@pytest.mark.parametrize("target", [TABLE["life"], TABLE["life"].to_numpy(), TABLE[["life"]]])
def test_the_values_of_a_channel_are_refused_as_a_target(target: object) -> None:
    with pytest.raises(ValueError, match=r"the values of channel 'life', .* Pass target='life'"):
        make_windows(TABLE, lookback=5, horizon=0, target=target)


def test_labels_that_happen_to_be_constant_are_no_answer() -> None:
    table = TABLE.assign(on=1.0)
    X, _ = make_windows(table, lookback=5, horizon=0, target=np.ones(300))
    assert X.shape[2] == 4


def test_without_a_target_windows_are_whole() -> None:
    assert make_windows(TABLE, lookback=5, horizon=0)[0].shape[2] == 3


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.bool_])
def test_an_answer_is_found_whatever_its_type(kind: type) -> None:
    table = TABLE.assign(event=(TABLE["flow"] > 0).to_numpy().astype(kind))
    with pytest.raises(ValueError, match=r"the values of channel 'event'"):
        make_windows(table, lookback=5, horizon=0, target=(TABLE["flow"] > 0).to_numpy())


def test_an_answer_with_gaps_is_found() -> None:
    table = TABLE.mask(TABLE > 2)
    with pytest.raises(ValueError, match=r"the values of channel 'heat'"):
        make_windows(table, lookback=5, horizon=0, target=table["heat"], missing="mask")


def test_many_columns_are_compared_in_one_pass() -> None:
    values = RNG.normal(size=(60, 2000))
    target = RNG.normal(size=(60, 2000))
    start = time.process_time()
    make_windows(values, lookback=5, horizon=0, target=target)
    assert time.process_time() - start < 1.5  # one by one they took 6 s
    target[:, 1234] = values[:, 77]
    with pytest.raises(ValueError, match="the values of channel 77"):
        make_windows(values, lookback=5, horizon=0, target=target)
