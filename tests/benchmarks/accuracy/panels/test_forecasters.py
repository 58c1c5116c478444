"""Every method reads the rows that its windows allow, of each series, and no others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import clone

from benchmarks.accuracy.panels.forecasters import (
    Formula,
    Kept,
    MeanForecast,
    PanelForecaster,
    WindowRegression,
    known_series,
    training_series,
)
from benchmarks.accuracy.panels.formulas import seasonal_naive
from benchmarks.accuracy.panels.networks import Setting, network
from benchmarks.accuracy.panels.regressions import boosting, ridge
from benchmarks.accuracy.panels.series import Panel
from stforecast.model_selection import OriginSplit
from stforecast.windows import make_windows

SETTING = Setting(seasons=2, steps=4)
QUANTILES = Setting(seasons=2, steps=4, quantiles=(0.025, 0.5, 0.975))


def panel(lengths: tuple[int, ...] = (40, 53)) -> Panel:
    rng = np.random.default_rng(0)
    season = np.array([1.0, 2.0, 4.0, 3.0])
    train = [np.resize(season, n)[::-1].copy() + rng.random(n) + 1 for n in lengths]
    return Panel("made", train, np.full((len(lengths), 6), 1e9), 4)


def parts(made: Panel) -> tuple[Any, Any, Any]:
    """Windows and targets to learn from, and the last window of each series."""
    X, y = make_windows(made.table(), lookback=1, horizon=made.horizon)
    ((train, test),) = OriginSplit(1, test_size=1).split(X)
    return X[train], y.iloc[train], X[test]


def by_network(setting: Setting, seed: int = 0) -> WindowRegression:
    build = partial(network, setting=setting, seed=seed)
    return WindowRegression(build, 4, setting.seasons, quantiles=setting.quantiles)


MODELS: dict[str, PanelForecaster] = {
    "seasonal naive": Formula(seasonal_naive, 4),
    "ridge": WindowRegression(ridge, 4, 2),
    "LightGBM": WindowRegression(boosting, 4, 2),
    "network": by_network(SETTING),
    "quantiles": by_network(QUANTILES),
}


def test_rows_to_learn_from_end_with_the_last_target_and_known_ones_with_the_origin() -> None:
    made = panel((40, 5, 53))
    X, _, Z = parts(made)
    # the second series has no horizon to learn from
    for rows, expected in zip(
        training_series(X), (*made.train[:1], [], made.train[2]), strict=True
    ):
        np.testing.assert_array_equal(rows, expected)
    for rows, expected in zip(known_series(Z), made.train, strict=True):
        np.testing.assert_array_equal(rows, expected)
    earlier = X[np.flatnonzero(X.times == X.times.max() - 3)]
    for rows, expected in zip(known_series(earlier), (made.train[0], made.train[2]), strict=True):
        np.testing.assert_array_equal(rows, expected[:-9])  # three before a horizon of six
    for rows, expected in zip(training_series(earlier), made.train, strict=True):
        np.testing.assert_array_equal(rows, expected[:-3] if len(expected) > 5 else [])


@pytest.mark.parametrize("name", MODELS)
def test_no_row_after_the_last_target_is_learned_and_none_after_the_origin_known(name: str) -> None:
    made = panel()
    X, y, Z = parts(made)
    rows = X.base.copy()
    rows[rows == 1e9] = -1e9  # the test rows, after both
    poisoned = X.with_rows(rows)
    found = clone(MODELS[name]).fit(X, y)
    again = clone(MODELS[name]).fit(poisoned, y)
    forecasts = found.predict(Z)
    assert forecasts.shape == (2, 6)
    assert (np.abs(forecasts) < 100).all()
    np.testing.assert_array_equal(again.predict(Z.with_rows(rows)), forecasts)


@pytest.mark.parametrize("name", MODELS)
def test_series_of_all_lengths_are_forecast(name: str) -> None:
    X, y, Z = parts(panel((40, 5, 9, 53)))
    forecasts = clone(MODELS[name]).fit(X, y).predict(Z)
    assert forecasts.shape == (4, 6)
    assert np.isfinite(forecasts).all()


def test_quantiles_rise_around_the_median_and_only_networks_of_them_have_some() -> None:
    X, y, Z = parts(panel())
    model = clone(MODELS["quantiles"]).fit(X, y)
    quantiles = model.predict_quantiles(Z)
    assert quantiles.shape == (2, 6, 3)
    assert (np.diff(quantiles) >= 0).all()
    np.testing.assert_array_equal(model.predict(Z), quantiles[..., 1])
    assert [hasattr(one, "predict_quantiles") for one in MODELS.values()] == [False] * 4 + [True]


def test_the_epochs_of_a_network_follow_from_its_budget_of_batches() -> None:
    X, y, _ = parts(panel((40, 60)))
    model = by_network(Setting(seasons=2, steps=400)).build
    layout = WindowRegression(ridge, 4, 2).fit(X, y).layout_
    epochs = model(layout, 640).estimator[-1].max_epochs
    assert epochs == 40


class Learner(Formula):
    """Counts how often it learns."""

    fits: ClassVar[list[int]] = []

    def fit(self, X: Any, y: Any) -> Learner:
        self.fits.append(len(X))
        return self


def test_what_is_kept_is_neither_learned_nor_forecast_again(tmp_path: Path) -> None:
    X, y, Z = parts(panel())
    model = Kept(Learner(seasonal_naive, 4), tmp_path / "panel" / "naive.npy")
    Learner.fits.clear()
    first = clone(model).fit(X, y).predict(Z)
    np.testing.assert_array_equal(first, seasonal_naive(known_series(Z), 4, 6))
    np.save(model.path, first + 1)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict(Z), first + 1)
    assert Learner.fits == [len(X)]


def test_the_mean_is_over_forecasts_and_over_quantiles(tmp_path: Path) -> None:
    X, y, Z = parts(panel())
    members: list[PanelForecaster] = [by_network(QUANTILES, seed) for seed in (0, 1)]
    each = [clone(member).fit(X, y).predict_quantiles(Z) for member in members]
    assert not np.array_equal(*each)
    kept: list[PanelForecaster] = [
        Kept(member, tmp_path / f"{i}.npy") for i, member in enumerate(members)
    ]
    mean = clone(MeanForecast(kept)).fit(X, y)
    np.testing.assert_array_equal(mean.predict_quantiles(Z), (each[0] + each[1]) / 2)
    np.testing.assert_array_equal(mean.predict(Z), mean.predict_quantiles(Z)[..., 1])
