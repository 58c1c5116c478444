"""From a series to its continuation in three lines."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import r2_score
from sklearn.utils import _safe_indexing

from stforecast._constraints import (
    Constraint,
    DuckTypes,
    Integers,
    Labels,
    Options,
    Regressors,
    Sequences,
)
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks, fit_on_copy
from stforecast._parameters import Rule, check_parameters
from stforecast._validation import check_integer
from stforecast.series._answers import check_no_answers
from stforecast.series._categories import CategoryColumns, check_encoder, learn_categories
from stforecast.series._checks import (
    LAYOUT,
    check_layout,
    check_no_table,
    check_series,
)
from stforecast.series._covariates import resolve_covariates
from stforecast.series._groups import window_groups
from stforecast.series._identity import check_identity_width, name_static, static_table
from stforecast.series._new_rows import check_new_covariates
from stforecast.series._regressor import fit_regressor, partial_fit, predict_windows
from stforecast.series._roll_out import RolledForecasts
from stforecast.series._scorer import present_pairs
from stforecast.series._series_windows import select_origins
from stforecast.series._weights import weigh_windows
from stforecast.series.intervals._conformal import (
    CALIBRATION,
    AdaptiveConformal,
    SplitConformal,
    make_conformal,
)
from stforecast.series.intervals._forecasts import IntervalForecasts
from stforecast.series.intervals._holdout import hold_back
from stforecast.windows import Windows
from stforecast.windows._short_series import SHORT
from stforecast.windows.sources._foreign_tables import as_companion


class SeriesForecaster(CallbackSupportMixin, IntervalForecasts, RolledForecasts, BaseEstimator):
    """Forecast the continuation of a series with any regressor on windows.

    It windows the series, fits the estimator, and gives forecasts the labels of the time that
    follows. Tables, arrays of maps, xarray objects and panels come back as the kind they were.

    Parameters
    ----------
    estimator : regressor or pipeline
        A forecaster of this library, or any scikit-learn regressor; one that reads tables gets
        the windows flattened. It is cloned.
    lookback : int
        Rows in a window.
    horizon : int, default=1
        Rows to forecast.
    target : column name(s) or channel number(s), default=None
        What to forecast; every column by default.
    stride : int, default=1
        Rows from one training origin to the next.
    missing : {"error", "mask"}, default="error"
        What NaN in the series does: raise, or stay for the estimator to mask. Only series in memory
        are looked at: NaN on disk passes into windows with either.
    short : {"drop", "mask", "error"}, default="drop"
        What becomes of series of a panel that are shorter than a window: they are left out with a
        warning that names them, in `fit` and in forecasts; or padded in front with NaN for the
        estimator to mask, so that every series with a row has a forecast; or they raise. See
        `make_windows`.
    calibration : SplitConformal, AdaptiveConformal, int or float, default=0
        How intervals are calibrated on origins that are kept from training. A number or share of
        them stands for ``SplitConformal(calibration)``; 0 trains on all and gives no intervals.
    encoder : transformer, default=None
        What makes numbers of columns that hold text or pandas' categories, in the series, in
        `known` and in `static`: an encoder of scikit-learn that needs no target. None is a
        `OneHotEncoder`, which encodes a category that did not occur in training as zeros. The
        categories of a table may become 1,024 columns. Texts are categories where at most half of
        the distinct ones read as numbers. Other columns of text raise an error that names the
        values that are not numbers.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone.
    encoders_ : dict
        The categories of ``"series"``, ``"known"`` and ``"static"``, where they hold some.
    history_ : same kind as the series
        The last rows seen, from which `forecast` goes on; categories as the numbers they became.
    series_ : TimeSeries
        The same in the library's own form, with the step of the index as `fit` found it.
    layout_ : dict
        The parameters `lookback`, `horizon`, `target`, `missing` and `short` of the fit.
    calibration_ : Calibration or None
        The fitted calibration; its ``scores`` are truth minus forecast, in units of the scale, of
        each series, in order of time.
    n_features_in_ : int
        Columns or channels of the series.

    Notes
    -----
    It has no `predict`, since it does not give one row for each row: `forecast` continues the
    series, `backtest` forecasts from every origin within it.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast import SeriesForecaster
    >>> days = pd.date_range("2010-11-01", periods=20, name="day")
    >>> load = pd.DataFrame({"kWh": [float(d.dayofweek) for d in days]}, index=days)
    >>> model = SeriesForecaster(Ridge(1e-6), lookback=7, horizon=3).fit(load)
    >>> model.forecast().round(2)
                kWh
    day
    2010-11-21  6.0
    2010-11-22  0.0
    2010-11-23  1.0
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Regressors(),
        "lookback": Integers(1),
        "horizon": Integers(1),
        "target": Labels("Make it a column of the series.")
        | Sequences(Labels(), "names of columns or numbers of channels", (list, tuple))
        | None,
        "stride": Integers(1),
        "missing": Options("error", "mask"),
        "short": Options(*SHORT),
        "calibration": CALIBRATION,
        "encoder": DuckTypes(
            "an encoder of scikit-learn", ("fit", "transform", "get_feature_names_out")
        )
        | None,
    }
    _rules: ClassVar[tuple[Rule, ...]] = (check_encoder,)

    def __init__(
        self,
        estimator: Any,
        *,
        lookback: int,
        horizon: int = 1,
        target: Any = None,
        stride: int = 1,
        missing: str = "error",
        short: str = "drop",
        calibration: SplitConformal | AdaptiveConformal | float = 0,
        encoder: Any = None,
    ) -> None:
        self.estimator = estimator
        self.lookback = lookback
        self.horizon = horizon
        self.target = target
        self.stride = stride
        self.missing = missing
        self.short = short
        self.calibration = calibration
        self.encoder = encoder

    @close_callbacks
    def fit(
        self,
        X: Any,
        y: None = None,
        *,
        known: Any = None,
        static: Any = None,
        groups: Any = None,
        weights: Any = None,
    ) -> Self:
        """Fit the estimator on every window of the series, but those kept for calibration.

        Parameters
        ----------
        X : DataFrame, Series, ndarray, xarray object, stored array or list of series
            The series, one row a time step; arrays are (N, C), (N, H, W) or (N, C, H, W).
        y : None
            Not used: the targets are rows of the series. Here for scikit-learn's conventions.
        known : DataFrame, array or callable, default=None
            Covariates known ahead, of the rows of `X` or more; or a function from an index to
            such a table, like `calendar_features`. They are remembered for `forecast`.
        static : DataFrame, Series, mapping, array or "series", default=None
            Features of each series of a panel; "series" makes the name of each one its feature, so
            that the estimator can learn what is peculiar to it. By the default `encoder` that is a
            column for each series, 1,024 at most.
        groups : "series", mapping, Series or array, default=None
            Which series of a panel stay together, by name or in their order, when the estimator
            holds some back to decide when to stop: whole groups then, in place of the latest
            origins of each series. "series" makes each series a group of its own.
        weights : mapping or Series, default=None
            How much windows count in training: numbers of at least 0 by series, by time or by
            both, those by time of the row of the forecast origin. A Series numbered from 0, one
            for each series, is taken in their order. The estimator reads them from the windows, or
            gets them as `sample_weight`.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        TypeError
            If the estimator is not a regressor.
        ValueError
            If the series is too short, irregular, or holds something that is not a number.

        Warns
        -----
        ShortSeriesWarning
            If series of a panel are too short for a window, or calibration leaves no origin of
            them to train on.
        """
        check_no_table("fit", y)
        check_parameters(self)
        tasks = FitTasks(self, X, None, steps=1)
        fit_on_copy(self._learn, X, known, static, groups, weights, tasks)
        tasks.end()
        return self

    def _learn(
        self, X: Any, known: Any, static: Any, groups: Any, weights: Any, tasks: FitTasks
    ) -> None:
        """Fit and calibrate the estimator, on a copy that the forecaster takes over."""
        self.encoders_: dict[str, CategoryColumns] = {}
        series = check_series(self, X, reset=True)
        self.static_ = name_static(static, series)
        self.layout_ = {name: getattr(self, name) for name in LAYOUT}
        known = as_companion(known)
        covariates = resolve_covariates(known, series, 0)
        learn_categories(self, "known", covariates)
        check_identity_width(self.encoder, self.static_, series)
        features = static_table(self.static_, series)
        learn_categories(self, "static", features)
        windows, y = self._windows(series, covariates, self.stride, features)
        check_no_answers(windows, y)
        groups = window_groups(groups, series, windows)
        windows = weigh_windows(weights, series, windows)
        self.estimator_, self.calibration_ = self._fit_and_calibrate(windows, y, groups, tasks)
        self._remember(series, known)

    def forecast(
        self, X: Any = None, *, known: Any = None, static: Any = None, horizon: int | None = None
    ) -> Any:
        """Forecast the rows that follow a series.

        Parameters
        ----------
        X : same kind as in `fit`, default=None
            The series to continue, at least `lookback` rows; by default the one of `fit`, with
            what `update` added.
        known : DataFrame, array or callable, default=None
            Covariates of the rows of `X` and of the horizon; by default those of `fit`. Without
            `X` only of the rows that follow.
        static : DataFrame, Series, mapping or array, default=None
            Features of each series of `X`, where they are others than those of `fit`.
        horizon : int, default=None
            Rows to forecast, by default those of the forecaster. Further ones are rolled out:
            forecasts become the window of the next ones, so every column must be forecast, and
            `known` reach to the end of the last whole horizon.

        Returns
        -------
        same kind as in `fit`
            `horizon` rows labelled with the time that follows; one object for each of a list.

        Raises
        ------
        ValueError
            If the series or the covariates are too short, or a forecast beyond the horizon lacks
            columns.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from stforecast import SeriesForecaster
        >>> week = np.tile(np.arange(7.0), 6)[:, None]
        >>> model = SeriesForecaster(Ridge(1e-9), lookback=7, horizon=2).fit(week)
        >>> model.forecast(horizon=9).ravel().round(2)
        array([0., 1., 2., 3., 4., 5., 6., 0., 1.])
        """
        series, known = self._to_continue(X, known, static)
        rows = self.horizon if horizon is None else check_integer("horizon", horizon, 1)
        return self._label(self._roll_out(series, known, static, rows), series)

    def backtest(
        self,
        X: Any,
        *,
        known: Any = None,
        static: Any = None,
        start: Any = None,
        stride: int = 1,
        coverage: float | None = None,
    ) -> Any:
        """Forecast from every origin within a series, all in one pass, without refitting.

        A table that follows the rows of `fit` is joined to them, so that its first rows are
        forecast from true history.

        Parameters
        ----------
        X : same kind as in `fit`
            The series.
        known : DataFrame, array or callable, default=None
            Covariates of its rows; by default those of `fit`.
        static : DataFrame, Series, mapping or array, default=None
            Features of each series of `X`, where they are others than those of `fit`.
        start : label or int, default=None
            First origin (label of a table, row number of an array); by default the first with a
            whole window. Origins of the training rows are forecasts of what was learned.
        stride : int, default=1
            Rows from one origin to the next.
        coverage : float, default=None
            Probability that a value lies within bounds, in [0, 1); None for forecasts without any.

        Returns
        -------
        DataFrame, DataArray, ndarray or Interval
            Forecasts laid out as the targets of `make_windows`: a table by origin with (step,
            target) columns, or an array (n, horizon, C[, H, W]). Origins whose horizon reaches
            beyond `X` are left to `forecast`. With `coverage` a named tuple ``(lower, upper)`` of
            such objects instead.

        Raises
        ------
        ValueError
            If no origin is left, covariates are missing, or no errors calibrate the bounds.

        Warns
        -----
        UserWarning
            If at some origins too few errors were known for the coverage, or none: their bounds
            are NaN.

        Notes
        -----
        Bounds of an origin are those that `forecast_interval` would have given there, after an
        `update` with all rows before it: errors count from the row that ends their horizon. Where
        the rows of `fit` are among those of `X`, as their labels say, bounds begin behind the
        first origin held back. An array says nothing of the kind: its origins from `start` on are
        taken to follow the rows of `fit`. The forecaster is left as it is.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from stforecast import SeriesForecaster
        >>> load = np.random.default_rng(0).normal(size=(900, 1))
        >>> model = SeriesForecaster(Ridge(), lookback=3, calibration=200).fit(load[:500])
        >>> lower, upper = model.backtest(load, start=500, coverage=0.8)
        >>> truth = load[501:, None]
        >>> float(((lower <= truth) & (truth <= upper)).mean().round(2))
        0.83
        """
        windows, _ = self._evaluation_windows(X, known, stride, static=static)
        if start is not None:
            windows = select_origins(windows, start)
        if coverage is None:
            return windows.unflatten(self._predict(windows))
        ends_in_new_rows = self._evaluation_windows(X, known, 1, self._history_rows(), static)
        return self._stream_interval(windows, *ends_in_new_rows, coverage)

    def update(self, X: Any, *, known: Any = None, refit: bool = False) -> Self:
        """Take in new rows, so that `forecast` goes on from the last of them.

        Their errors, made before any further training, join those of `forecast_interval`.

        Parameters
        ----------
        X : same kind as in `fit`
            The rows that follow those seen.
        known : DataFrame, array or callable, default=None
            Covariates of these rows and further ones, where those of `fit` do not reach.
        refit : bool, default=False
            Whether to train the estimator further on the windows that end in the new rows; it
            needs `partial_fit`.

        Returns
        -------
        self : object
            The forecaster.

        Raises
        ------
        IrregularIndexError
            If the rows do not follow those seen. The rows of an array are taken to follow.
        TypeError
            If they are of another kind.
        ValueError
            If they, or their covariates, hold what `fit` refuses, such as NaN.
        """
        check_layout(self)
        fresh = self._new_rows(X)
        joined, joined_known = self._join_history(fresh, known, None)
        new_known = self._known_numbers(resolve_covariates(joined_known, fresh, 0))
        check_new_covariates(new_known, fresh, joined)
        if refit or self.calibration_:
            windows, y = self._following_windows(fresh, known, self._history_rows(), 1)
        # on copies, so that what raises in between leaves all as it was
        calibration, estimator = copy(self.calibration_), self.estimator_
        if calibration:
            calibration.observe(estimator, windows, y, self._predict(windows))
        if refit:
            estimator = partial_fit(deepcopy(estimator), windows, y)
        self._remember(joined, joined_known)
        self.calibration_, self.estimator_ = calibration, estimator
        return self

    def score(self, X: Any, y: None = None, *, known: Any = None, static: Any = None) -> float:
        """Return R2 of the forecasts from every origin within a series.

        Parameters
        ----------
        X : same kind as in `fit`
            The series.
        y : None
            Not used, as in `fit`.
        known : DataFrame, array or callable, default=None
            Covariates of its rows; by default those of `fit`.
        static : DataFrame, Series, mapping or array, default=None
            Features of each series of `X`, where they are others than those of `fit`.

        Returns
        -------
        float
            Coefficient of determination, averaged over steps and outputs; over all values at once
            where some are missing.
        """
        check_no_table("score", y)
        pairs = self.paired_forecasts(X, known=known, static=static)
        predictions, truth = present_pairs(*pairs)
        return float(r2_score(truth, predictions))

    def paired_forecasts(
        self, X: Any, *, known: Any = None, static: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return forecasts and truth of every origin within a series, for a metric.

        Parameters
        ----------
        X : same kind as in `fit`
            The series.
        known : DataFrame, array or callable, default=None
            Covariates of its rows; by default those of `fit`.
        static : DataFrame, Series, mapping or array, default=None
            Features of each series of `X`, where they are others than those of `fit`.

        Returns
        -------
        predictions, truth : ndarray of shape (n, horizon * outputs)
            Both 2-D, step-major.
        """
        windows, y = self._evaluation_windows(X, known, 1, static=static)
        return self._predict(windows), np.asarray(y).reshape(len(windows), -1)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def _fit_and_calibrate(
        self, windows: Windows, y: Any, groups: Any, tasks: FitTasks
    ) -> tuple[Any, Any]:
        """Return the estimator, and the calibration on origins that it was not trained on."""
        conformal, estimator = make_conformal(self.calibration), clone(self.estimator)
        if conformal is None:
            return fit_regressor(estimator, windows, y, tasks, groups), None
        train, latest = hold_back(windows, conformal.origins)
        trained = windows[train], _safe_indexing(y, train)
        fresh = windows[latest], _safe_indexing(y, latest)
        groups = None if groups is None else groups[train]
        estimator = fit_regressor(estimator, *trained, tasks, groups)
        calibration = conformal.build().fit(estimator, *trained)
        calibration.observe(estimator, *fresh, predict_windows(estimator, fresh[0]))
        return estimator, calibration
