"""What every forecaster shares: from windows and targets to a trained network and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint
from stforecast._fit_tasks import copy_estimator, with_callbacks
from stforecast._parameters import Rule, check_parameters
from stforecast._training.engine import FitPlan
from stforecast._training.holdout import validation_part
from stforecast.estimators._blend import Blend, correction_targets
from stforecast.estimators._block_fits import fit_blend
from stforecast.estimators._input_checks import check_fit_data, quantiles_by_pinball
from stforecast.estimators._net_fit import Task, scale_data
from stforecast.estimators._network import NetEstimator, make_plan
from stforecast.estimators._scaling import Scalers
from stforecast.estimators.baselines.baseline import BASELINE
from stforecast.estimators.parts.base import NO_LIMITS, Bounds, Decoder, net_shapes
from stforecast.estimators.parts.bounds import check_within
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.windows._windows import Windows


def _gives_quantiles(forecaster: Forecaster) -> bool:
    """Return whether a decoder is one of quantiles; asked before anything is checked."""
    decoder = forecaster.decoder
    return isinstance(decoder, Decoder) and np.size(decoder.quantiles) > 0


class Forecaster(RegressorMixin, NetEstimator):
    """A network that forecasts the horizon of each window; subclasses name its backbone.

    A fitted one holds ``blend_`` too, the baseline and the share of the network on it, or None.
    """

    blend_: Blend | None

    _constraints: ClassVar[dict[str, Constraint]] = {"baseline": BASELINE}
    _rules: ClassVar[tuple[Rule, ...]] = (quantiles_by_pinball,)

    @with_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
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
        if self._continues():
            return self.partial_fit(X, y, groups)
        check_parameters(self)
        fitted = copy_estimator(self)
        X, y = check_fit_data(fitted, X, y)
        plan, shapes = make_plan(self), net_shapes(X, y.shape[1])
        if plan.decoder.limits != NO_LIMITS:
            check_within(y, plan.decoder.limits)
        fitted.blend_, losses, targets = None, (), y
        if self.baseline is not None:
            fitted.blend_, losses = fit_blend(
                self.baseline, X, y, plan, shapes, self._module, groups
            )
            targets = correction_targets(fitted.blend_, X, y)
        network = scale_data(X, targets, shapes, plan)
        task = _task(X, targets, plan, network.scalers, groups, losses)
        return self._train(fitted, X, y, plan, task, network)

    @with_callbacks
    def partial_fit(self, X: Any, y: Any, groups: Any = None) -> Self:
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

        Returns
        -------
        self : object
            The forecaster.
        """
        if not hasattr(self, "network_"):
            return self.fit(X, y, groups)
        check_parameters(self)
        X, y = check_fit_data(self, X, y, reset=False)
        check_within(y, self.bounds_)
        plan, targets = make_plan(self), correction_targets(self.blend_, X, y)
        network = replace(self.network_, scalers=self.network_.scalers.open_to(targets))
        task = _task(X, targets, plan, network.scalers, groups)
        return self._train(copy_estimator(self), X, y, plan, task, network)

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

    @available_if(_gives_quantiles)
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
        """Levels of `predict_quantiles`, none where the network gives one value."""
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
        found = network.forecasts(self._outputs(X))
        if self.blend_ is None:
            return found
        return network.clip(self.blend_.combine(X, found, network.median))


def _task(
    X: Windows, y: Any, plan: FitPlan, scalers: Scalers, groups: Any, losses: tuple[float, ...] = ()
) -> Task:
    """Return what to learn, with some samples held back unless blocks were before."""
    check_consistent_length(X, groups)
    fraction = 0.0 if losses else plan.training.validation_fraction
    train, valid = validation_part(X, fraction, groups, plan.seed)
    criterion = plan.decoder.criterion(plan.training.loss, X.masked)
    return Task(scalers.targets(y), criterion, train, valid, losses)
