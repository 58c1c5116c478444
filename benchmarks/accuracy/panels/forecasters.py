"""Every method as a regressor on windows, which `compare` fits and asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.metaestimators import available_if

from benchmarks.accuracy.panels.windows import (
    Layout,
    after_log,
    latest,
    make_layout,
    training_windows,
)
from stforecast.windows import Windows


def training_series(X: Windows) -> list[np.ndarray]:
    """Return the rows of each series up to the last target of its windows, none without one."""
    starts, numbers = _series(X)
    stops = starts.copy()
    np.maximum.at(stops, numbers, X.ends + X.reach)
    return [X.base[start:stop, 0] for start, stop in zip(starts, stops, strict=True)]


def known_series(X: Windows) -> list[np.ndarray]:
    """Return for each window the rows of its series up to its origin."""
    starts, numbers = _series(X)
    return [X.base[start:stop, 0] for start, stop in zip(starts[numbers], X.ends, strict=True)]


def _series(X: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each series, and the number of that of each window."""
    starts = np.flatnonzero(np.diff(X.index.codes[0], prepend=-1))
    return starts, np.searchsorted(starts, X.ends, side="left") - 1


def _has_quantiles(forecaster: PanelForecaster) -> bool:
    return len(forecaster.quantiles_) > 0


class PanelForecaster(RegressorMixin, BaseEstimator, ABC):
    """Forecast what follows each window from all rows of its series up to the origin.

    Windows say which rows of which series there are: those of `fit` up to their last target, those
    of `predict` up to their origin. No other row is read.
    """

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Probabilities of what is forecast, of none a single value."""
        return ()

    @abstractmethod
    def fit(self, X: Windows, y: Any) -> PanelForecaster:
        """Learn from the rows up to the last targets."""

    @abstractmethod
    def forecasts(self, X: Windows) -> np.ndarray:
        """Return forecasts (windows, horizon), of quantiles (windows, horizon, quantiles)."""

    def predict(self, X: Windows) -> np.ndarray:
        """Return forecasts (windows, horizon), the median where there are quantiles."""
        forecasts = self.forecasts(X)
        return forecasts[..., self.quantiles_.index(0.5)] if self.quantiles_ else forecasts

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: Windows) -> np.ndarray:
        """Return all quantiles, (windows, horizon, quantiles)."""
        return self.forecasts(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True  # windows themselves, which know their series
        tags.target_tags.multi_output = True
        return tags


class Formula(PanelForecaster):
    """A forecast that needs no training on other series.

    Parameters
    ----------
    function : callable
        Gives forecasts (series, horizon) of series, season and horizon.
    season : int
        Rows in a season.
    """

    def __init__(self, function: Callable[..., np.ndarray], season: int) -> None:
        self.function = function
        self.season = season

    def fit(self, X: Windows, y: Any) -> Formula:
        """Learn nothing."""
        return self

    def forecasts(self, X: Windows) -> np.ndarray:
        """Return what the function makes of the rows up to each origin."""
        return self.function(known_series(X), self.season, X.target.horizon)


class WindowRegression(PanelForecaster):
    """A network or a regression that learns from windows of all series.

    Parameters
    ----------
    build : callable
        Gives the regressor for a `Layout` and a number of windows.
    season : int
        Rows in a season.
    seasons : int
        Seasons in a window.
    log : bool, default=True
        Whether logarithms are learned, where no value is negative.
    quantiles : tuple of float, default=()
        Quantiles that the regressor forecasts.
    """

    def __init__(
        self,
        build: Callable[[Layout, int], Any],
        season: int,
        seasons: int,
        *,
        log: bool = True,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        self.build = build
        self.season = season
        self.seasons = seasons
        self.log = log
        self.quantiles = quantiles

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Quantiles that the regressor forecasts."""
        return self.quantiles

    def fit(self, X: Windows, y: Any) -> WindowRegression:
        """Cut windows from the rows up to the last targets, and learn them."""
        series = training_series(X)
        self.layout_ = make_layout(
            series, self.season, X.target.horizon, seasons=self.seasons, log=self.log
        )
        windows, targets = training_windows(series, self.layout_)
        self.model_ = self.build(self.layout_, len(windows)).fit(windows, targets)
        return self

    def forecasts(self, X: Windows) -> np.ndarray:
        """Return what follows the last window before each origin."""
        windows = latest(known_series(X), self.layout_)
        forecast = self.model_.predict_quantiles if self.quantiles else self.model_.predict
        return after_log(forecast(windows), self.layout_)


class Kept(PanelForecaster):
    """A forecaster whose forecasts are kept, which neither learns nor forecasts them again.

    Parameters
    ----------
    forecaster : PanelForecaster
        What makes them.
    path : Path
        The file, of one panel and its origins alone.
    """

    def __init__(self, forecaster: PanelForecaster, path: Path) -> None:
        self.forecaster = forecaster
        self.path = path

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Quantiles that are kept."""
        return self.forecaster.quantiles_

    def fit(self, X: Windows, y: Any) -> Kept:
        """Learn, unless the forecasts are there."""
        if not self.path.exists():
            self.forecaster_ = clone(self.forecaster).fit(X, y)
        return self

    def forecasts(self, X: Windows) -> np.ndarray:
        """Return what was kept; make and keep it where it is missing."""
        if not self.path.exists():
            values = self.forecaster_.forecasts(X)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            np.save(self.path, values)
            print(self.path, flush=True)
        return np.load(self.path)


class MeanForecast(PanelForecaster):
    """The mean of several forecasts.

    Parameters
    ----------
    members : list of PanelForecaster
        What makes them.
    """

    def __init__(self, members: list[PanelForecaster]) -> None:
        self.members = members

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Quantiles of the members."""
        return self.members[0].quantiles_

    def fit(self, X: Windows, y: Any) -> MeanForecast:
        """Fit each member."""
        self.members_ = [clone(member).fit(X, y) for member in self.members]
        return self

    def forecasts(self, X: Windows) -> np.ndarray:
        """Return the mean over members."""
        return np.mean([member.forecasts(X) for member in self.members_], axis=0)
