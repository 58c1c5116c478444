"""Forecasts that know their uncertainty: what `SeriesForecaster` says beside one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from stforecast._validation import check_number
from stforecast.estimators._inner_estimator import call_pipeline, last_step
from stforecast.series.intervals._stream_bounds import stream_bounds
from stforecast.windows import Windows


class Interval(NamedTuple):
    """Bounds between which the rows to come lie with the coverage asked for.

    It unpacks into two objects, and shows as one table where they are tables.

    Parameters
    ----------
    lower, upper : same kind as the series
        Each laid out and labelled as a forecast.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.series.intervals._forecasts import Interval
    >>> days = pd.date_range("2010-11-21", periods=2)
    >>> lower = pd.DataFrame({"kWh": [20.0, 21.0]}, days)
    >>> Interval(lower, lower + 5).table()
                 kWh
               lower upper
    2010-11-21  20.0  25.0
    2010-11-22  21.0  26.0
    """

    lower: Any
    upper: Any

    def table(self) -> pd.DataFrame:
        """Return both bounds as one table.

        Returns
        -------
        DataFrame
            For each column of the forecast a column ``"lower"`` and a column ``"upper"``.

        Raises
        ------
        TypeError
            If the bounds are arrays or xarray objects, not tables.
        """
        if not isinstance(self.lower, pd.DataFrame | pd.Series):
            raise TypeError(
                "Only bounds of tables make one table, and these are of type "
                f"{type(self.lower).__name__}. Use lower and upper as they are."
            )
        lower, upper = (pd.DataFrame(side) for side in self)
        both = pd.concat({"lower": lower, "upper": upper}, axis=1)
        both.columns = both.columns.reorder_levels([*range(1, both.columns.nlevels), 0])
        sides = range(len(lower.columns)), (0, len(lower.columns))
        return both.iloc[:, [column + side for column in sides[0] for side in sides[1]]]

    def _repr_html_(self) -> str | None:
        """Show one table in a notebook."""
        if not isinstance(self.lower, pd.DataFrame | pd.Series):
            return None
        html: str = self.table().to_html(max_rows=20, notebook=True)
        return html


class IntervalForecasts:
    """Intervals and quantiles, of a forecaster with `_latest_windows` and `calibration_`."""

    def forecast_interval(
        self, X: Any = None, *, coverage: float = 0.9, known: Any = None, static: Any = None
    ) -> Any:
        """Forecast bounds that the rows which follow a series stay within.

        Parameters
        ----------
        X : same kind as in `fit`, default=None
            The series to continue, as for `forecast`.
        coverage : float, default=0.9
            Probability that a value lies within, in [0, 1).
        known : DataFrame, array or callable, default=None
            Covariates, as for `forecast`.
        static : DataFrame, Series, mapping or array, default=None
            Features of the series, as for `forecast`.

        Returns
        -------
        Interval
            Named tuple ``(lower, upper)``, each as `forecast` returns it; its ``table()``
            is one table of both.

        Raises
        ------
        ValueError
            If no origins were kept for calibration.

        Warns
        -----
        UserWarning
            If too few were kept for the coverage; the bounds then reach the largest error.

        Notes
        -----
        Each step, output and cell has bounds of its own, from the errors of each series of a
        panel; see `SplitConformal` for what they promise. `update` lets the errors of new rows
        take the place of the oldest, so that bounds follow a drift; `AdaptiveConformal` corrects
        what is left of it.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from stforecast import SeriesForecaster
        >>> load = np.random.default_rng(0).normal(size=(400, 1))
        >>> model = SeriesForecaster(Ridge(), lookback=3, horizon=2, calibration=100).fit(load)
        >>> lower, upper = model.forecast_interval(coverage=0.8)
        >>> (upper - lower).round(1)
        array([[2.2],
               [2.2]])
        """
        windows, label = self._latest_windows(X, known, static)
        self._check_calibration()
        forecasts = self._predict(windows)
        sides = self.calibration_.sides(self.estimator_, windows, forecasts)
        bounds = self.calibration_.bounds(windows, forecasts, sides, coverage)
        return Interval(*map(label, self._clip(*bounds)))

    def forecast_quantiles(
        self,
        X: Any = None,
        *,
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        known: Any = None,
        static: Any = None,
    ) -> dict[float, Any]:
        """Forecast quantiles of the rows that follow a series.

        Parameters
        ----------
        X : same kind as in `fit`, default=None
            The series to continue, as for `forecast`.
        quantiles : sequence of float, default=(0.1, 0.5, 0.9)
            Probabilities of lying below, in (0, 1).
        known : DataFrame, array or callable, default=None
            Covariates, as for `forecast`.
        static : DataFrame, Series, mapping or array, default=None
            Features of the series, as for `forecast`.

        Returns
        -------
        dict
            For each probability its quantile, as `forecast` returns it.

        Raises
        ------
        ValueError
            If a quantile lies outside (0, 1), or the forecaster has neither a calibration nor a
            quantile network.

        Warns
        -----
        UserWarning
            If too few origins were kept for a quantile.

        Notes
        -----
        With `calibration` they are the bounds of intervals: quantile 0.1 is the lower one of
        coverage 0.8, quantile 0.5 the forecast itself. Without, they are those of a network with a
        `QuantileDecoder`, which nothing has calibrated. Quantiles between those it was trained for,
        and beyond them, lie on straight lines over the quantiles of the normal distribution.

        Examples
        --------
        >>> import numpy as np
        >>> from stforecast import LSTMForecaster, QuantileDecoder, SeriesForecaster
        >>> network = LSTMForecaster(4, decoder=QuantileDecoder((0.1, 0.5, 0.9)), random_state=0)
        >>> load = np.random.default_rng(0).normal(size=(400, 1))
        >>> model = SeriesForecaster(network, lookback=3, horizon=2).fit(load)
        >>> found = model.forecast_quantiles(quantiles=(0.05, 0.95))
        >>> bool((found[0.05] < found[0.95]).all())
        True
        """
        quantiles = check_quantiles(quantiles)
        windows, label = self._latest_windows(X, known, static)
        if self.calibration_ is None:
            return dict(
                zip(quantiles, map(label, self._network_quantiles(windows, quantiles)), strict=True)
            )
        forecasts = self._predict(windows)
        sides = self.calibration_.sides(self.estimator_, windows, forecasts)
        found = {}
        for quantile in quantiles:
            coverage = round(abs(2 * quantile - 1), 12)
            bounds = self.calibration_.bounds(windows, forecasts, sides, coverage)
            found[quantile] = label(self._clip(*bounds)[int(quantile > 0.5)])
        return found

    def _stream_interval(self, windows: Windows, X: Windows, y: Any, coverage: float) -> Interval:
        """Return bounds of the windows asked for, from what of a stream was known at each."""
        self._check_calibration()
        rows = pd.Index(X.origins).get_indexer(pd.Index(windows.origins))
        forecasts = self._predict(X)
        bounds = stream_bounds(self.calibration_, self.estimator_, X, y, forecasts, rows, coverage)
        return Interval(*map(windows.unflatten, self._clip(*bounds)))

    def _clip(self, *values: np.ndarray) -> list[np.ndarray]:
        """Return bounds of intervals cut off where the estimator's own forecasts end."""
        low, high = getattr(last_step(self.estimator_), "bounds_", (None, None))
        ends = -np.inf if low is None else low, np.inf if high is None else high
        return [np.clip(side, *ends) for side in values]

    def _check_calibration(self) -> None:
        if self.calibration_ is None:
            raise ValueError(
                "Intervals need errors of origins that were held back, and there are none. Set "
                "calibration, to SplitConformal(0.2) say, and fit again."
            )

    def _network_quantiles(self, windows: Windows, probabilities: Sequence[float]) -> np.ndarray:
        """Return quantiles (probabilities, windows, horizon * outputs) of the network."""
        last = last_step(self.estimator_)
        if not hasattr(last, "predict_quantiles"):
            raise ValueError(
                "Quantiles need a calibration or a network with a QuantileDecoder, and there is "
                "neither. Set calibration, to SplitConformal() say, and fit again."
            )
        quantiles = call_pipeline(self.estimator_, "predict_quantiles", windows)
        quantiles = quantiles.reshape(len(windows), -1, quantiles.shape[-1])
        quantiles = interpolate_quantiles(
            np.asarray(last.quantiles_), np.moveaxis(quantiles, -1, 0), probabilities
        )
        return np.stack(self._clip(*quantiles))


def check_quantiles(quantiles: Any) -> list[float]:
    """Return quantiles, if they are a list of probabilities between 0 and 1."""
    if np.ndim(quantiles) != 1 or not len(quantiles):
        raise TypeError(
            f"quantiles must be a list of numbers, such as [0.1, 0.9], got {quantiles!r}."
        )
    return [check_quantile(quantile) for quantile in quantiles]


def check_quantile(quantile: float) -> float:
    """Return a quantile, if it is a probability between 0 and 1."""
    if check_number("quantiles", quantile, 0.0, 1.0) in (0.0, 1.0):
        raise ValueError(
            f"quantiles must lie between 0 and 1, got {quantile}. Pass 0.01 or 0.99, say."
        )
    return quantile


def interpolate_quantiles(
    trained: np.ndarray, quantiles: np.ndarray, probabilities: Sequence[float]
) -> np.ndarray:
    """Return quantiles (probabilities, ...) from those (trained, ...) of other probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.series.intervals._forecasts import interpolate_quantiles
    >>> interpolate_quantiles(np.array([0.1, 0.9]), np.array([-1.0, 3.0]), [0.1, 0.5, 0.9]).round(6)
    array([-1.,  1.,  3.])
    """
    if len(trained) < 2:
        raise ValueError(
            f"Other quantiles follow from two that were trained at least, but there is "
            f"{trained[0]} alone. Give the QuantileDecoder more quantiles."
        )
    scores, places = norm.ppf(trained), norm.ppf(probabilities)
    below = np.clip(np.searchsorted(scores, places, side="right") - 1, 0, len(scores) - 2)
    share = (places - scores[below]) / (scores[below + 1] - scores[below])
    share = share.reshape(-1, *[1] * (quantiles.ndim - 1))
    return quantiles[below] + share * (quantiles[below + 1] - quantiles[below])
