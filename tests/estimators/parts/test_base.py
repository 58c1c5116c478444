"""Known covariates and static features reach the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stforecast.estimators import StepDecoder
from stforecast.exceptions import ShapeError
from stforecast.windows import make_windows
from tests.estimators.data import ALL_SAMPLES, FORECASTERS, noise, small


def windows(rows=120, unit=1.0, zero=0.0):
    """A target that only the covariate of its own day tells."""
    known = noise(rows, 1, seed=3)
    target = noise(rows, 1) * 0.1 + 5 * known
    return make_windows(target, lookback=4, horizon=2, known=unit * known + zero)


@pytest.mark.parametrize("kind", FORECASTERS)
@pytest.mark.parametrize("decoder", ["dense", StepDecoder(8)], ids=["dense", "step"])
def test_what_is_known_of_the_horizon_is_learned(kind, decoder):
    X, y = windows()
    model = small(kind, max_epochs=40, lr=0.02, decoder=decoder, training=ALL_SAMPLES)
    assert model.fit(X[:80], y[:80]).score(X[80:], y[80:]) > 0.8


@pytest.mark.parametrize("kind", FORECASTERS)
def test_other_covariates_give_other_forecasts(kind):
    X, y = windows()
    model = small(kind).fit(X, y)
    other = X.with_parts({"known": X.parts["known"][::-1]})
    assert not np.allclose(model.predict(other), model.predict(X))


def test_static_features_of_the_series_are_learned():
    panel = [noise(40, 1, seed) * 0.1 + level for seed, level in enumerate([-3, 0, 5])]
    X, y = make_windows(panel, lookback=4, static=np.array([[-3.0], [0.0], [5.0]]))
    model = small().fit(X, y)
    other = X.with_parts({"static": X.parts["static"][::-1].copy()})
    assert not np.allclose(model.predict(other), model.predict(X))


def test_parts_go_with_their_windows():
    X, y = windows()
    order = np.random.default_rng(0).permutation(len(X))
    model = small().fit(X, y)
    np.testing.assert_allclose(model.predict(X[order]), model.predict(X)[order], rtol=1e-12)


def test_units_of_parts_do_not_matter():
    X, y = windows()
    scaled, _ = windows(unit=1000, zero=7)
    np.testing.assert_allclose(
        small().fit(scaled, y).predict(scaled), small().fit(X, y).predict(X), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("method", ["predict", "partial_fit"])
def test_a_missing_part_is_an_error(method):
    X, y = windows()
    model = small().fit(X, y)
    args = (replace(X, parts={}),) if method == "predict" else (replace(X, parts={}), y)
    with pytest.raises(ShapeError, match=r"carried part 'known' \(2, 1\) in fit.*Pass known= to"):
        getattr(model, method)(*args)


def test_an_array_lacks_the_part_too():
    X, y = windows()
    with pytest.raises(ShapeError, match="carried part 'known'"):
        small().fit(X, y).predict(np.asarray(X))


def test_a_part_of_another_shape_is_an_error():
    X, y = windows()
    model = small().fit(X, y)
    with pytest.raises(ShapeError, match=r"'known' must have shape \(2, 1\) as in fit, got \(3, 1"):
        model.predict(X.with_parts({"known": np.zeros((len(X), 3, 1))}))
