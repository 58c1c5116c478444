"""Nothing that a forecast could not have known reaches it."""

from __future__ import annotations

import numpy as np
import pytest

from stforecast.windows import make_windows
from tests.estimators.data import FORECASTERS, noise, same_weights, small


@pytest.fixture
def poisoned():
    """Windows of a series, and of one that differs from row 60 on."""
    plain, changed = noise(100), noise(100)
    changed[60:] = 1e6 * noise(40, seed=1)
    return [make_windows(one, lookback=5, horizon=3, gap=2) for one in (plain, changed)]


@pytest.mark.parametrize("kind", FORECASTERS)
def test_later_rows_change_nothing_about_a_fit_on_earlier_ones(kind, poisoned):
    (X, y), (Xp, yp) = poisoned
    last = 60 - 5 - 2 - 3 + 1  # windows whose targets end before row 60
    assert np.array_equal(y[:last], yp[:last])
    fit, fitp = small(kind).fit(X[:last], y[:last]), small(kind).fit(Xp[:last], yp[:last])
    assert same_weights(fit, fitp)
    np.testing.assert_array_equal(fit.predict(X[:last]), fitp.predict(Xp[:last]))


def test_a_forecast_sees_no_row_after_its_origin(poisoned):
    (X, y), (Xp, _) = poisoned
    model = small().fit(X, y)
    before = X.origins < 60
    np.testing.assert_array_equal(model.predict(X[before]), model.predict(Xp[before]))
    assert not np.allclose(model.predict(X[~before]), model.predict(Xp[~before]))


@pytest.mark.parametrize("kind", FORECASTERS)
def test_a_forecast_does_not_depend_on_the_others_asked_for(kind, poisoned):
    X, y = poisoned[0]
    model = small(kind).fit(X, y)
    together = model.predict(X)
    alone = np.concatenate([model.predict(X[i : i + 1]) for i in range(0, len(X), 9)])
    np.testing.assert_allclose(alone, together[::9], rtol=1e-12)


def test_predicting_learns_nothing(poisoned):
    (X, y), (Xp, _) = poisoned
    model = small().fit(X, y)
    before = model.predict(X)
    model.predict(Xp)
    np.testing.assert_array_equal(model.predict(X), before)
