"""A sktime forecaster around any estimator on windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from stforecast._composite import add_parts
from stforecast._constraints import (
    SEED,
    Constraint,
    Instances,
    Integers,
    NoneValue,
    Options,
    Regressors,
)
from stforecast._parameters import check_parameters
from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    LSTMForecaster,
    QuantileDecoder,
)
from stforecast.series import AdaptiveConformal, SeriesForecaster, SplitConformal
from stforecast.series._categories import encode, fit_categories
from stforecast.series._regressor import has_partial_fit, last_step
from stforecast.series.intervals._conformal import CALIBRATION
from stforecast.sktime._inputs import CheckedInputForecaster
from stforecast.sktime._seeds import clone_with_seeds
from stforecast.sktime._steps import Steps, find_steps
from stforecast.sktime._tables import (
    check_duplicates,
    check_missing_rows,
    check_names,
    join,
    later_rows,
    select_rows,
    stack,
    unique_names,
)
from stforecast.windows._short_series import SHORT
from stforecast.windows.sources._read_series import read_series
from stforecast.windows.sources._time_series import TimeSeries

_FRAMES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class SktimeForecaster(CheckedInputForecaster):
    """Forecast in sktime with a network, or any scikit-learn regressor, on windows.

    One network for all series of a panel or hierarchy, and for all variables of a multivariate
    one. Exogenous columns are read in the window, and those of the horizon as known covariates;
    those of text or categories as a column of 0 and 1 for each category that `fit` has seen.

    Parameters
    ----------
    estimator : regressor or pipeline, default=None
        A forecaster of this library, or any scikit-learn regressor; None means
        ``LSTMForecaster()``.
    lookback : int, default=10
        Rows in a window.
    horizon : int, default=None
        Rows forecast at once; None takes the largest step of `fh` where `fit` gets it, else 1.
        Steps beyond it are rolled out: forecasts become the window of further ones.
    random_state : int, RandomState instance or None, default=None
        Seed given to every part of `estimator` that takes one; None leaves them as they are.
    calibration : SplitConformal, AdaptiveConformal, int or float, default=0
        How `predict_interval` and the like are calibrated on the latest origins, kept from
        training. A number or share of them stands for ``SplitConformal(calibration)``. With 0
        they are left to a network with a `QuantileDecoder`, and out of reach of others.
    short : {"drop", "mask", "error"}, default="drop"
        What becomes of series of a panel that are shorter than a window, as in `SeriesForecaster`.
    groups : "series", mapping or Series, default=None
        Which series of a panel or hierarchy stay together, by name, where the estimator holds some
        back to decide when to stop: whole groups then, in place of the latest origins of each
        series, as in `SeriesForecaster.fit`. "series" makes each series a group of its own.

    Attributes
    ----------
    forecaster_ : SeriesForecaster
        The fitted forecaster of the series.

    See Also
    --------
    stforecast.series.SeriesForecaster : The same without sktime.

    Notes
    -----
    Calibrated intervals are conformal, for each step, variable and series by itself; `update` lets
    the errors of new rows take the place of the oldest. Quantiles are their bounds, variances
    those of a normal distribution with the same quartiles, which is what `predict_proba` gives,
    by skpro where it is installed. All reach as far as the horizon that was trained.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.sktime import SktimeForecaster
    >>> model = SktimeForecaster(LSTMForecaster(8, max_epochs=5), lookback=12, random_state=0)
    >>> model.fit(load_airline(), fh=[1, 2, 3]).predict().index
    PeriodIndex(['1961-01', '1961-02', '1961-03'], dtype='period[M]', name='Period')
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "stforecast developers",
        "maintainers": "stforecast developers",
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
        "capability:categorical_in_X": True,
        "capability:update": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "y_inner_mtype": _FRAMES,
        "X_inner_mtype": _FRAMES,
        "requires-fh-in-fit": False,
    }
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Regressors() | NoneValue(LSTMForecaster),
        "lookback": Integers(1),
        "horizon": Integers(1) | None,
        "random_state": SEED,
        "calibration": CALIBRATION,
        "short": Options(*SHORT),
        "groups": Options("series")
        | Instances("a mapping or Series from series to groups", (Mapping, pd.Series))
        | None,
    }

    def __init__(
        self,
        estimator: Any = None,
        lookback: int = 10,
        horizon: int | None = None,
        random_state: Any = None,
        calibration: SplitConformal | AdaptiveConformal | float = 0,
        short: str = "drop",
        groups: Any = None,
    ) -> None:
        self.estimator = estimator
        self.lookback = lookback
        self.horizon = horizon
        self.random_state = random_state
        self.calibration = calibration
        self.short = short
        self.groups = groups
        super().__init__()
        quantile_network = hasattr(last_step(estimator), "predict_quantiles")
        self.set_tags(**{"capability:pred_int": calibration != 0 or quantile_network})
        self._y = None
        self._X = None

    def set_params(self, **params: Any) -> SktimeForecaster:
        """Set parameters, also those of the network that stands for `estimator` being None.

        Parameters
        ----------
        **params : dict
            Parameters, those of the estimator as ``estimator__name``.

        Returns
        -------
        self : object
            The forecaster.
        """
        forecaster: SktimeForecaster = super().set_params(**add_parts(self, params))
        return forecaster

    def _fit(self, y: Any, X: Any, fh: Any) -> SktimeForecaster:
        check_parameters(self)
        self._columns = list(y.columns)
        self._categories = fit_categories(None, X, "X")
        X = encode(self._categories, X)
        self._exogenous = [] if X is None else unique_names("X", X)
        if X is not None:
            check_duplicates(X)
        table = join(y, X)
        steps = self.horizon
        if steps is None:
            steps = 1 if fh is None else max(1, self._find_steps(fh, read_series(table)).furthest)
        estimator = LSTMForecaster() if self.estimator is None else self.estimator
        self.forecaster_ = SeriesForecaster(
            clone_with_seeds(estimator, self.random_state),
            lookback=self.lookback,
            horizon=steps,
            target=unique_names("y", y),
            calibration=self.calibration,
            short=self.short,
        )
        self._refit(table)
        self._history = None if has_partial_fit(self.forecaster_.estimator_) else read_series(table)
        return self

    def _refit(self, table: pd.DataFrame) -> None:
        known = table[self._exogenous] if self._exogenous else None
        self.forecaster_.fit(table, known=known, groups=self.groups)

    def _predict(self, fh: Any, X: Any) -> Any:
        X = encode(self._categories, X)
        steps = self._check_steps(fh, X)
        forecasts = steps.take(self._roll_out(X, steps.furthest))
        return forecasts.set_axis(self._columns, axis=1)

    def _predict_quantiles(self, fh: Any, X: Any, alpha: list[float]) -> pd.DataFrame:
        X = encode(self._categories, X)
        steps, history = self._check_steps(fh, X), self.forecaster_.series_
        if steps.furthest > self.forecaster_.horizon:
            raise ValueError(
                f"Intervals reach the trained horizon of {self.forecaster_.horizon} steps, but fh "
                f"asks for step {steps.furthest}. Set horizon to that, or pass fh to fit."
            )
        known = self._horizon_covariates(X, history)
        forecasts = self.forecaster_.forecast_quantiles(history, quantiles=alpha, known=known)
        tables = [
            steps.take(forecasts[quantile]).set_axis(self._columns, axis=1) for quantile in alpha
        ]
        table = pd.concat(tables, axis=1, keys=alpha).swaplevel(axis=1)
        return table[[(name, quantile) for name in self._columns for quantile in alpha]]

    def _update(self, y: Any, X: Any = None, update_params: bool = True) -> SktimeForecaster:
        X = encode(self._categories, X)
        self._check_exogenous(X)
        if len(self._columns) == y.shape[1] == 1:  # a series needs no name
            y = y.set_axis(self._columns, axis=1)
        check_names(
            "y", unique_names("y", y), unique_names("y", pd.DataFrame(columns=self._columns))
        )
        history = self.forecaster_.series_
        fresh = later_rows(join(y, X), history)
        if not len(fresh):
            return self
        if self._history is not None:
            self._history = self._history.append(read_series(fresh, self._history.step))
        if update_params and self._history is not None:
            self._refit(self._history.restore())
            return self
        known = None
        if self._exogenous:
            table = history.append(read_series(fresh, history.step)).restore()
            known = table[self._exogenous]
        self.forecaster_.update(fresh, known=known, refit=update_params)
        return self

    def _roll_out(self, X: Any, count: int) -> pd.DataFrame:
        """Forecast `count` rows, each horizon from a window that holds the forecasts before it."""
        history, blocks = self.forecaster_.series_, []
        for _ in range(-(-count // self.forecaster_.horizon)):
            known = self._horizon_covariates(X, history)
            block = self.forecaster_.forecast(history, known=known)
            blocks.append(block)
            rows = block if known is None else pd.concat([block, known.loc[block.index]], axis=1)
            history = history.append(read_series(rows, history.step))
        return stack(blocks)

    def _horizon_covariates(self, X: Any, history: TimeSeries) -> pd.DataFrame | None:
        """Return the exogenous data of the history and of the horizon that follows it."""
        if X is None:
            return None
        ahead = select_rows(X, history.index_after(self.forecaster_.horizon))
        return pd.concat([history.restore()[self._exogenous], ahead])

    def _check_steps(self, fh: Any, X: Any) -> Steps:
        """Return the steps asked for, if the exogenous data are those of fit and reach them."""
        history = self.forecaster_.series_
        steps = self._find_steps(fh, history)
        self._check_exogenous(X)
        if X is not None:
            check_missing_rows(X, history, steps)
        return steps

    def _find_steps(self, fh: Any, history: TimeSeries) -> Steps:
        """Return the steps after each series that a forecasting horizon asks for."""
        relative = fh.to_relative(self.cutoff).to_numpy().astype(np.int64)
        dates = None
        if not fh.is_relative and history.panel is not None:
            dates = pd.Index(fh.to_absolute_index(self.cutoff))
        return find_steps(np.sort(relative), dates, history)

    def _check_exogenous(self, X: Any) -> None:
        check_names("X", [] if X is None else unique_names("X", X), self._exogenous)
        if X is not None:
            check_duplicates(X)

    @classmethod
    def get_test_params(
        cls,
        parameter_set: str = "default",  # noqa: ARG003 - sktime hands it over, and we have one set
    ) -> list[dict[str, Any]]:
        """Return parameters for sktime's tests.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored: all sets serve every test.

        Returns
        -------
        list of dict
            A network of each kind, and linear models, small enough to be quick; some know how
            uncertain they are, by their calibration or by themselves.
        """
        quick = {"max_epochs": 2, "device": "cpu"}
        quantiles = LSTMForecaster(4, decoder=QuantileDecoder(), **quick)
        adaptive = AdaptiveConformal(SplitConformal(0.3, scale=Ridge()))
        return [
            {"estimator": LSTMForecaster(4, **quick), "lookback": 3, "random_state": 0},
            {
                "estimator": ConvLSTMForecaster(2, 1, baseline=None, **quick),
                "lookback": 3,
                "horizon": 2,
            },
            {"estimator": CNNLSTMForecaster((2,), 1, 4, baseline=None, **quick), "lookback": 4},
            {"estimator": Ridge(), "lookback": 3, "calibration": 0.3},
            {"estimator": Ridge(), "lookback": 2, "calibration": adaptive},
            {"estimator": quantiles, "lookback": 3, "random_state": 0},
        ]
