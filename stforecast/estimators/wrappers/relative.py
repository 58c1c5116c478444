"""Forecast every window relative to its own level."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Flags, Labels, Options, Regressors, Sequences
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks, fit_on_copy
from stforecast._parameters import check_parameters
from stforecast._validation import as_predictions
from stforecast.estimators._blend import Blend, correction_targets
from stforecast.estimators._examples import Examples
from stforecast.estimators._inner_estimator import (
    call_pipeline,
    fit_inner,
    flatten_for_tables,
    inner_tags,
    last_step,
)
from stforecast.estimators._input_checks import check_fit_data, check_validation_data
from stforecast.estimators.parts.base import OPEN_LIMITS, Decoder
from stforecast.estimators.wrappers._channels import target_channels
from stforecast.estimators.wrappers._level_baseline import LevelBaseline, as_columns
from stforecast.estimators.wrappers._series_level import fit_series_levels
from stforecast.estimators.wrappers._window_level import Relative
from stforecast.exceptions import ShapeError
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows

__all__ = ["RelativeForecaster"]


def _has_inner_method(name: str) -> Any:
    """Return a check that the inner estimator, fitted or not, has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), name)


def _last_step_has(name: str) -> Any:
    """Return a check that the inner estimator, or the last step of a pipeline, has a method."""
    return lambda self: hasattr(last_step(getattr(self, "estimator_", self.estimator)), name)


class RelativeForecaster(CallbackSupportMixin, MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Forecast every window relative to its own level, which is added back afterwards.

    The level of a window, its last value or its mean, is subtracted from all its frames and from
    its targets; the inner estimator sees and forecasts what is left. A series that has risen
    above everything it was in training then still looks familiar, which no standardisation from
    training rows can do.

    Parameters
    ----------
    estimator : regressor or pipeline
        A forecaster, or any regressor; one that reads tables only gets the windows as rows.
        Window transformers that change values or frames, like `FoldTime`, belong inside it.
    level : {"last", "mean", "series"}, default="last"
        What is subtracted, for each channel and cell: the value of the last frame, the mean of
        all frames, or the mean of the window's series over all rows of training, with which each
        series of a panel is scaled by itself.
    scale : bool, default=False
        Whether windows and targets are also divided by the standard deviation of the window (of
        the series, where that is the level), so that one network learns from series of different
        sizes. Windows that vary much count less in the loss then than they do in the error.
    channels : sequence of int or of column names, default=None
        Channels of the window whose values are forecast, in the order of the targets. None takes
        the columns that `make_windows` got as `target`, or all channels.

    Attributes
    ----------
    estimator_ : regressor or pipeline
        The fitted inner estimator.
    levels_ : object
        What tells the level and scale of windows; with ``level="series"`` those of each series.
    channels_ : tuple of int
        Channels whose level the targets have.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    TypeError
        In `fit`, if the estimator is not a regressor.
    ValueError
        In `fit`, if a parameter has a value it cannot have, the windows were changed before, or
        the targets are not made of channels of the window.

    See Also
    --------
    sktime.transformations.detrend.Detrender : Subtracts one trend from a whole series.

    Notes
    -----
    With the level ``a`` and the scale ``b`` (1 without `scale`) of a window, the inner estimator
    learns ``(y - a) / b`` from ``(x - a) / b``, and ``a + b f`` is returned. The forecasts of
    ``c x + d`` are then those of ``x`` times c (with `scale`, for c > 0) plus d, whatever the
    inner estimator, as long as it is fitted once. A window that is constant has scale 1. With
    ``level="series"`` only series seen in training can be forecast.

    It is a network on a baseline (`Baseline`) whose baseline is the level, whose form is
    "residuals" and whose share is 1, and the two are added by the same code; beyond that, the inner
    estimator sees the windows relative too, and may be any regressor.

    Where values are masked, the last, mean and deviation are those of what is there, and the inner
    estimator gets the windows masked. A cell without any value in its window, such as one on land,
    has no level: its forecast is NaN.

    It pays where the level wanders or grows, and costs where it returns to a mean, since the
    inner estimator no longer sees how far from it a window is: measure it on held-back origins.
    Subtracting the last value is what NLinear does; mean and standard deviation are those of
    reversible instance normalisation, whose learned affine map is left out.

    References
    ----------
    Kim et al. (2022), Reversible Instance Normalization for Accurate Time-Series Forecasting
    against Distribution Shift, ICLR, https://openreview.net/forum?id=cGDAkQo1C0p.
    Zeng et al. (2023), Are Transformers Effective for Time Series Forecasting?,
    arXiv:2205.13504.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import RelativeForecaster
    >>> t = np.arange(100.0)
    >>> X, y = make_windows(t + np.sin(t), lookback=10, horizon=2)
    >>> model = RelativeForecaster(Ridge()).fit(X[:50], y[:50])
    >>> bool(np.abs(model.predict(X[50:]) - y[50:]).max() < 0.1)
    True
    """

    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Regressors(),
        "level": Options("last", "mean", "series"),
        "scale": Flags(),
        "channels": Sequences(Labels(), "names of columns or numbers of channels") | None,
    }

    def __init__(
        self,
        estimator: Any,
        level: str = "last",
        *,
        scale: bool = False,
        channels: Sequence[Hashable] | None = None,
    ) -> None:
        self.estimator = estimator
        self.level = level
        self.scale = scale
        self.channels = channels

    @close_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Train the inner estimator on windows and targets relative to the windows' levels.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows as they come from the series.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets, step-major; lazy ones are read.
        groups : array-like of shape (n,), default=None
            Handed to the estimator, as what its `fit` holds back whole groups of.
        X_val : Windows or array-like, default=None
            Handed to the estimator, as windows like those of `X` that decide when to stop.
        y_val : array-like or lazy Windows, default=None
            Their targets, like `y`.

        Returns
        -------
        self : object
            The fitted forecaster.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y, steps=1)
        fit_on_copy(self._learn, X, y, groups, X_val, y_val, tasks)
        tasks.end()
        return self

    def _learn(self, X: Any, y: Any, groups: Any, X_val: Any, y_val: Any, tasks: FitTasks) -> None:
        """Learn levels and train the inner estimator, on a copy that the forecaster takes over."""
        X, y = check_fit_data(self, X, y)
        validation = check_validation_data(self, Examples(X, y), X_val, y_val)
        _check_units(X)
        _check_bounds(self.estimator)
        self.channels_ = target_channels(self.channels, X, y.shape[1])
        self.levels_ = (
            fit_series_levels(X, self.scale)
            if self.level == "series"
            else Relative(self.level, self.scale)
        )
        regressor = flatten_for_tables(clone(self.estimator))
        with tasks.part("fit-estimator").watch(regressor):
            held = None if validation is None else self._relative_pair(*validation)
            self.estimator_ = fit_inner(regressor, *self._relative_pair(X, y), groups, held)

    def predict(self, X: Any) -> np.ndarray:
        """Forecast the horizon of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`; 1-D where `y` was.
        """
        check_is_fitted(self)
        X = self._windows(X)
        y = np.asarray(self.estimator_.predict(self.levels_.inputs(X)))
        columns = as_predictions(y, len(X), prod(y.shape[1:]), masked=X.masked)
        return self._forecasts(X, columns[..., None])[..., 0].reshape(y.shape)

    @available_if(_last_step_has("predict_quantiles"))
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Forecast quantiles of each target of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n, quantiles) or (n, horizon * outputs, quantiles)
            Those of the inner estimator, in the units of `y`.
        """
        check_is_fitted(self)
        X = self._windows(X)
        y = call_pipeline(self.estimator_, "predict_quantiles", self.levels_.inputs(X))
        columns = y.reshape(len(X), prod(y.shape[1:-1]), y.shape[-1])
        return self._forecasts(X, columns).reshape(y.shape)

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Probabilities of `predict_quantiles`."""
        return last_step(self.estimator_).quantiles_

    @available_if(_last_step_has("predict_std"))
    def predict_std(self, X: Any) -> np.ndarray:
        """Return how far the forecasts of an ensemble lie apart.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Standard deviations, in the units of `y`.
        """
        check_is_fitted(self)
        X = self._windows(X)
        y = call_pipeline(self.estimator_, "predict_std", self.levels_.inputs(X))
        columns = as_columns(y)
        return (self._level(columns.shape[1]).scale(X) * columns).reshape(y.shape)

    @available_if(_has_inner_method("partial_fit"))
    def partial_fit(self, X: Any, y: Any) -> Self:
        """Train the inner estimator further.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Their targets.

        Returns
        -------
        self : object
            The forecaster.
        """
        if not hasattr(self, "estimator_"):
            return self.fit(X, y)
        self.estimator_.partial_fit(*self._relative_pair(self._windows(X), y))
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = inner_tags(self.estimator)
        tags.target_tags, tags.regressor_tags = inner.target_tags, inner.regressor_tags
        tags.input_tags.three_d_array = True
        return tags

    def _windows(self, X: Any) -> Windows:
        X = as_windows(check_windows(self, X, reset=False))
        _check_units(X)
        return X

    def _level(self, outputs: int) -> LevelBaseline:
        """Return the baseline of targets of `outputs` numbers."""
        frame = len(self.channels_) * prod(self.window_shape_[2:])
        return LevelBaseline(self.levels_, self.channels_, outputs // frame)

    def _relative_pair(self, X: Windows, y: Any) -> tuple[Windows, np.ndarray]:
        """Return windows and targets as the inner estimator learns them."""
        check_consistent_length(X, y)
        y = y if isinstance(y, Windows) else as_columns(np.asarray(y, dtype=np.float64))
        level = self._level(y.shape[1])
        inner = correction_targets(_blend(level), X, y)
        inner /= level.scale(X)
        return self.levels_.inputs(X), inner[:, 0] if self.single_output_ else inner

    def _forecasts(self, X: Windows, corrections: np.ndarray) -> np.ndarray:
        """Return forecasts (n, outputs, quantiles) from what the inner estimator forecasts."""
        level = self._level(corrections.shape[1])
        return _blend(level).combine(X, level.scale(X)[..., None] * corrections, median=0)


def _blend(level: LevelBaseline) -> Blend:
    """Return the level with the whole correction on it, of which no block was asked."""
    return Blend(level, share=1.0, gain=float("nan"), residuals=True)


def _check_bounds(estimator: Any) -> None:
    """Raise if a network inside has bounds, which it would keep in units relative to a level."""
    while isinstance(estimator, Pipeline) or hasattr(estimator, "estimator"):
        pipeline = isinstance(estimator, Pipeline)
        estimator = estimator.steps[-1][1] if pipeline else estimator.estimator
    decoder = estimator.get_params(deep=False).get("decoder")
    if isinstance(decoder, Decoder) and decoder.limits != OPEN_LIMITS:
        raise ValueError(
            "Bounds are in the units of the targets, but RelativeForecaster takes the level of "
            f"each window out of them, got {decoder!r:.80}. Use the inner estimator by "
            "itself, or give it the decoder inside this one."
        )


def _check_units(X: Windows) -> None:
    if X.steps:
        raise ShapeError(
            "RelativeForecaster reads levels in the units of the targets, but a transformer has "
            "changed the windows before it. Put that into its estimator: "
            "RelativeForecaster(make_pipeline(FoldTime(width=7), ...))."
        )
