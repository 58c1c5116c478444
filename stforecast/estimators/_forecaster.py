"""What every forecaster shares: from windows and targets to a trained network and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint
from stforecast._fit_tasks import close_callbacks, copy_estimator
from stforecast._parameters import Rule, check_parameters
from stforecast._training.engine import FitPlan
from stforecast._training.holdout import validation_part
from stforecast.estimators._blend import Blend, correction_targets
from stforecast.estimators._block_fits import fit_blend
from stforecast.estimators._examples import Examples
from stforecast.estimators._fill_values import warn_fill_values
from stforecast.estimators._input_checks import (
    check_fit_data,
    check_quantile_loss,
    check_validation_data,
    select_samples,
)
from stforecast.estimators._net_fit import Task, scale_data
from stforecast.estimators._network import NetEstimator, make_plan
from stforecast.estimators._scaling import Scalers
from stforecast.estimators.baselines.baseline import BASELINE
from stforecast.estimators.parts.base import OPEN_LIMITS, Bounds, Decoder, net_shapes
from stforecast.estimators.parts.bounds import check_within
from stforecast.estimators.parts.decoders import make_decoder


def _has_quantiles(forecaster: Forecaster) -> bool:
    """Return whether a decoder is one of quantiles; asked before anything is checked."""
    decoder = forecaster.decoder
    return isinstance(decoder, Decoder) and np.size(decoder.quantiles) > 0


class Forecaster(RegressorMixin, NetEstimator):
    """A network that forecasts the horizon of each window; subclasses name its backbone.

    A fitted one holds ``blend_`` too, the baseline and the share of the network on it, or None.
    """

    blend_: Blend | None

    _constraints: ClassVar[dict[str, Constraint]] = {"baseline": BASELINE}
    _rules: ClassVar[tuple[Rule, ...]] = (check_quantile_loss,)

    @close_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Train the network from scratch.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows, in any units. The samples of an array are taken to be in order of time.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets, step-major, in any units.
        groups : array-like of shape (n,), default=None
            What each window comes from, such as a machine of a panel. Whole groups are then held
            back to decide when to stop, in place of the latest origins.
        X_val : Windows or array-like, default=None
            Windows like those of `X` that decide when to stop, and which share of the network
            counts, in place of a part of `X`. They are never trained on.
        y_val : array-like or lazy Windows, default=None
            Their targets, like `y`.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter, a shape or a value does not fit.
        DivergedError
            If the loss becomes infinite or NaN.
        """
        if self._is_warm_start():
            return self.partial_fit(X, y, groups, X_val, y_val)
        check_parameters(self)
        fitted = copy_estimator(self)
        data = Examples(*check_fit_data(fitted, X, y))
        warn_fill_values(data.X)
        data, groups = select_samples(data, groups)
        validation = None
        if X_val is not None or y_val is not None:
            validation = check_validation_data(fitted, data, X_val, y_val)
        plan = make_plan(self, validation=validation)
        shapes = net_shapes(data.X, data.y.shape[1])
        if plan.decoder.limits != OPEN_LIMITS:
            _check_bounds(plan.decoder.limits, data, validation)
        fitted.blend_, losses, corrections, validation_corrections = None, (), data, validation
        if self.baseline is not None:
            fitted.blend_, losses = fit_blend(
                self.baseline,
                data,
                plan,
                shapes,
                self._module,
                groups=groups,
                validation=validation,
            )
            corrections = _corrections(fitted.blend_, data)
            validation_corrections = _corrections(fitted.blend_, validation)
        network = scale_data(*corrections, shapes, plan)
        if losses:  # blocks have said how long to train
            task = _full_task(corrections, plan, network.scalers, losses)
        else:
            task = _task(corrections, plan, network.scalers, groups, validation_corrections)
        return self._train(fitted, *data, plan, task, network)

    @close_callbacks
    def partial_fit(
        self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network further, on more samples, with the present `lr` and `max_epochs`.

        Units, shapes, baseline and share stay those of the first fit; the optimizer keeps its
        state.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Their targets.
        groups : array-like of shape (n,), default=None
            As in `fit`.
        X_val : Windows or array-like, default=None
            As in `fit`.
        y_val : array-like or lazy Windows, default=None
            As in `fit`.

        Returns
        -------
        self : object
            The forecaster.
        """
        if not hasattr(self, "network_"):
            return self.fit(X, y, groups, X_val, y_val)
        check_parameters(self)
        data = Examples(*check_fit_data(self, X, y, reset=False))
        data, groups = select_samples(data, groups)
        validation = check_validation_data(self, data, X_val, y_val)
        _check_bounds(self.bounds_, data, validation)
        plan = make_plan(self, validation=validation)
        corrections = _corrections(self.blend_, data)
        network = replace(
            self.network_, scalers=self.network_.scalers.free_constants(corrections.y)
        )
        validation_corrections = _corrections(self.blend_, validation)
        task = _task(corrections, plan, network.scalers, groups, validation_corrections)
        return self._train(copy_estimator(self), *data, plan, task, network)

    def predict(self, X: Any) -> np.ndarray:
        """Forecast the horizon of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`, float64; 1-D where `y` was. The median where the decoder
            gives quantiles.
        """
        check_is_fitted(self)
        y = self._forecasts(X)[..., self.network_.median]
        return y[:, 0] if self.single_output_ else y

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Forecast the quantiles of a `QuantileDecoder`, for each target of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n, quantiles) or (n, horizon * outputs, quantiles)
            Forecasts in the units of `y`, float64, rising along the last axis; 2-D where `y` was
            1-D.
        """
        check_is_fitted(self)
        y = self._forecasts(X)
        return y[:, 0] if self.single_output_ else y

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Probabilities of `predict_quantiles`, none where the network gives one value."""
        if hasattr(self, "network_"):
            return self.network_.quantiles
        return tuple(make_decoder(self.decoder).quantiles)

    @property
    def bounds_(self) -> Bounds:
        """Lower and upper bound of forecasts in the units of `y`, None where there is none."""
        return self.network_.bounds

    @property
    def baseline_(self) -> Any:
        """The fitted baseline, None for the network alone."""
        return None if self.blend_ is None else self.blend_.baseline

    @property
    def network_share_(self) -> float:
        """Share of the network's correction in the forecasts."""
        return 1.0 if self.blend_ is None else self.blend_.share

    @property
    def network_gain_(self) -> float:
        """Part of the baseline's loss that the correction avoids on blocks in time."""
        return float("nan") if self.blend_ is None else self.blend_.gain

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _forecasts(self, X: Any) -> np.ndarray:
        """Return forecasts (n, horizon * outputs, quantiles)."""
        X, network = self._windows(X), self.network_
        forecasts = network.forecasts(self._outputs(X))
        if self.blend_ is None:
            return forecasts
        return network.clip(self.blend_.combine(X, forecasts, network.median))


def _check_bounds(bounds: Bounds, *examples: Examples | None) -> None:
    for data in examples:
        if data is not None:
            check_within(data.y, bounds)


def _corrections(blend: Blend | None, data: Examples | None) -> Examples | None:
    """Return windows with what a network is to learn of them."""
    return None if data is None else Examples(data.X, correction_targets(blend, *data))


def _task(
    data: Examples, plan: FitPlan, scalers: Scalers, groups: Any, validation: Examples | None
) -> Task:
    """Return what to learn, and what decides when to stop."""
    if validation is not None:
        samples = scalers.samples(validation.X, scalers.targets(validation.y))
        return replace(_full_task(data, plan, scalers), validation=samples)
    train, valid = validation_part(data.X, plan.training.validation_fraction, groups, plan.seed)
    return replace(_full_task(data, plan, scalers), train=train, valid=valid)


def _full_task(
    data: Examples, plan: FitPlan, scalers: Scalers, losses: tuple[float, ...] = ()
) -> Task:
    """Return what to learn from all samples, for as many epochs as there are losses."""
    criterion = plan.decoder.criterion(plan.training.loss, data.X.masked)
    all_rows, no_rows = np.arange(len(data.y)), np.arange(0)
    return Task(scalers.targets(data.y), criterion, all_rows, no_rows, losses)
