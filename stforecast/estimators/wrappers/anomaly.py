"""What a forecaster did not see coming: an outlier detector on windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Integers, Numbers, Options, Regressors
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks, fit_on_copy
from stforecast._parameters import check_parameters
from stforecast._training.holdout import latest_part
from stforecast._validation import as_predictions
from stforecast.estimators._inner_estimator import inner_tags
from stforecast.estimators.wrappers._earlier_windows import earlier_windows, last_frames
from stforecast.exceptions import ShapeError
from stforecast.windows import Windows
from stforecast.windows._coercion import as_windows, check_windows

__all__ = ["ForecastAnomalyDetector"]

_NORMAL = 1.4826  # the standard deviation of normal errors, in median absolute deviations


class ForecastAnomalyDetector(
    CallbackSupportMixin, OutlierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Call a window anomalous whose last frame those before did not lead one to expect.

    A forecaster learns to forecast the last frames of every window from those before. How far off
    it is on windows it was not trained on says how far off is usual; a last frame that is further
    off than in all but a few of those is an anomaly, at the origin of its window.

    Parameters
    ----------
    estimator : regressor
        A forecaster, or any regressor that takes windows, such as
        ``make_pipeline(Flatten(), Ridge())``.
    contamination : float or "auto", default="auto"
        Share of the windows in `fit` to be called anomalous, in (0, 0.5]. "auto" calls those
        whose p-value is at most 0.01.
    horizon : int, default=1
        Frames ahead that are forecast. A window's last frame is judged by all its forecasts, from
        the one made `horizon` frames before it to that made just before. A longer horizon finds
        anomalies that last: those made before they began are not misled by them.
    calibration : float, default=0.2
        Share of the windows, the latest in time, that are held back to learn how far off is usual,
        in (0, 0.9].

    Attributes
    ----------
    estimator_ : regressor
        The trained forecaster.
    offset_ : float
        Scores below it are anomalies.
    calibration_scores_ : ndarray
        Scores of the windows held back, sorted.
    centre_, scale_ : ndarray
        Median and spread of the errors held back, for each value of a frame as it was forecast
        1, 2, ... `horizon` frames before.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    TypeError
        In `fit`, if `estimator` is not a regressor.
    ValueError
        In `fit`, if a parameter is out of range, windows have no frame left to forecast from,
        there are too few of them, or they bring covariates that do not reach far enough.

    Notes
    -----
    With errors e of the forecasts of a last frame, their median m and spread s (1.4826 median
    absolute deviations) on the part held back, the score is ``-sqrt(mean(((e - m) / s)^2))`` over
    values and forecasts. A window of T frames is read in pieces of ``T - horizon``. The p-value of
    a window is ``(1 + number of held-back scores at most as high) / (1 + number held back)``
    (inductive conformal prediction): where windows can be exchanged, at most a share p of usual
    ones has a p-value of p or less. Time series are exchangeable only so far as the forecaster
    leaves errors alike and unrelated; hold back more, or fit anew, where the series drifts.
    The smallest p-value that n held-back windows can give is ``1 / (1 + n)``.

    Parts of windows reach the forecaster as they are. ``known`` has to be that of the frame judged,
    so it goes with a horizon of 1 only.

    References
    ----------
    Laxhammar, Falkman (2015), Inductive conformal anomaly detection for sequential detection of
    anomalous sub-trajectories, https://doi.org/10.1007/s10472-013-9381-7.
    Malhotra et al. (2015), Long Short Term Memory Networks for Anomaly Detection in Time Series,
    ESANN.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import LSTMForecaster, make_windows
    >>> from stforecast.estimators import ForecastAnomalyDetector
    >>> series = np.sin(np.arange(400) / 5) + 0.05 * np.random.default_rng(0).normal(size=400)
    >>> series[350] += 3
    >>> X, _ = make_windows(series, lookback=20)
    >>> lstm = LSTMForecaster(16, max_epochs=20, random_state=0)
    >>> detector = ForecastAnomalyDetector(lstm).fit(X[:300])
    >>> int(X.origins[detector.score_samples(X).argmin()])
    350
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Regressors(),
        "contamination": Options("auto") | Numbers(0, 0.5, closed="right"),
        "horizon": Integers(1),
        "calibration": Numbers(0, 0.9, closed="right"),
    }

    def __init__(
        self,
        estimator: Any,
        *,
        contamination: float | str = "auto",
        horizon: int = 1,
        calibration: float = 0.2,
    ) -> None:
        self.estimator = estimator
        self.contamination = contamination
        self.horizon = horizon
        self.calibration = calibration

    @close_callbacks
    def fit(self, X: Any, y: Any = None) -> Self:
        """Train the forecaster on earlier windows, and learn from later ones how far off is usual.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows, most of them usual. Those of an array are taken to be in order of time.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted detector.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, None, steps=1)
        fit_on_copy(self._learn, X, tasks)
        tasks.end()
        return self

    def _learn(self, X: Any, tasks: FitTasks) -> None:
        """Train and calibrate, on a copy that the detector takes over."""
        checked = check_windows(self, X, reset=True)
        windows = as_windows(checked)
        self._check_enough(windows)
        past, ahead = (
            earlier_windows(checked, self.horizon, self.horizon),
            last_frames(windows, self.horizon),
        )
        rows_a_frame = -(-windows.lookback // windows.shape[1])
        reach = self.horizon * rows_a_frame
        train, valid = latest_part(windows.times, reach, self.calibration)
        if not len(valid):
            train = valid = np.arange(len(windows))
        single = ahead.shape[1] == 1
        targets = ahead[:, 0] if single else ahead
        estimator = clone(self.estimator)
        with tasks.part("fit-estimator").watch(estimator):
            self.estimator_ = estimator.fit(past[train], targets[train])
        errors = self._errors(checked)
        self.centre_, self.scale_ = _spread(errors[valid])
        scores = self._scores(errors)
        self.calibration_scores_ = np.sort(scores[valid])
        self.offset_ = self._offset(scores)

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how usual each window is.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,)
            Scores of at most 0; the lower, the less usual.
        """
        check_is_fitted(self)
        return self._scores(self._errors(check_windows(self, X, reset=False)))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return scores shifted so that anomalies are those below zero.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,)
            ``score_samples(X) - offset_``.
        """
        scores = self.score_samples(X)
        return scores - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Say of each window whether it is usual.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        int ndarray of shape (n,)
            1 for usual windows, -1 for anomalies.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X: Any) -> np.ndarray:
        """Return the conformal p-value of each window's origin.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,)
            Share of usual windows that are as unusual as this, in (0, 1].
        """
        scores = self.score_samples(X)
        as_low = np.searchsorted(self.calibration_scores_, scores, side="right")
        return (1 + as_low) / (1 + len(self.calibration_scores_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = inner_tags(self.estimator).input_tags
        tags.input_tags.three_d_array = inner.three_d_array
        return tags

    def _check_enough(self, X: Windows) -> None:
        if X.shape[1] <= self.horizon:
            raise ShapeError(
                f"Windows of n_features={X.shape[1]} frame(s) leave none to forecast the last "
                f"{self.horizon} from. Make windows with a longer lookback."
            )
        if len(X) < 2:
            raise ValueError(
                f"A detector needs windows to train on and to hold back, got n_samples={len(X)}. "
                "Pass more windows."
            )
        if self.horizon > 1 and "known" in X.parts:
            raise ValueError(
                f"The known covariates of a window end at its last frame, but horizon="
                f"{self.horizon} forecasts beyond it. Use horizon=1, or leave them out."
            )

    def _errors(self, samples: Any) -> np.ndarray:
        """Return (n, horizon * values): how far off each forecast of the last frame was."""
        last = last_frames(as_windows(samples), 1)
        errors = last[:, None] - self._forecasts(samples, last.shape[1])
        return errors.reshape(len(last), self.horizon * last.shape[1])

    def _forecasts(self, samples: Any, values: int) -> np.ndarray:
        """Return (n, horizon, values): the last frame as forecast 1, 2, ... frames before it."""
        X, leads = as_windows(samples), np.arange(1, self.horizon + 1)
        if not isinstance(samples, Windows) or X.steps or X.parts:
            pasts = (earlier_windows(samples, self.horizon, lead) for lead in leads)
            forecasts = [
                self._forecast_horizon(past, values)[:, lead] for lead, past in enumerate(pasts)
            ]
            return np.stack(forecasts, axis=1)
        # windows of one series share their pasts: each is forecast from once
        ends, place = np.unique(X.ends[:, None] - leads, return_inverse=True)
        past = replace(earlier_windows(X, self.horizon, self.horizon)[:0], ends=ends)
        return self._forecast_horizon(past, values)[place.reshape(len(X), self.horizon), leads - 1]

    def _forecast_horizon(self, past: Any, values: int) -> np.ndarray:
        forecasts = as_predictions(self.estimator_.predict(past), len(past), self.horizon * values)
        return forecasts.reshape(len(past), self.horizon, values)

    def _scores(self, errors: np.ndarray) -> np.ndarray:
        return -np.sqrt(np.mean(((errors - self.centre_) / self.scale_) ** 2, axis=1))

    def _offset(self, scores: np.ndarray) -> float:
        if self.contamination != "auto":
            return float(np.percentile(scores, 100.0 * self.contamination))
        scores = self.calibration_scores_
        anomalous = int(0.01 * (1 + len(scores)))  # scores that give a p-value of at most 0.01
        return float(scores[max(0, anomalous - 1)])


def _spread(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return median and spread of each column; where most errors are equal, their deviation."""
    centre = np.median(errors, axis=0)
    scale = _NORMAL * np.median(np.abs(errors - centre), axis=0)
    scale = np.where(scale > 0, scale, errors.std(axis=0))
    return centre, np.where(scale > 0, scale, 1.0)
