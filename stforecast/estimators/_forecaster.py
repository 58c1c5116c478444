"""What every forecaster shares: from windows and targets to a trained network and back."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Flags, Rule, check_parameters
from stforecast._fit_tasks import with_callbacks
from stforecast._training.holdout import latest_part
from stforecast.estimators._input_checks import check_fit_data
from stforecast.estimators._network import NetEstimator, check_outputs, scaled
from stforecast.estimators._rules import quantiles_by_pinball
from stforecast.estimators._scaling import Standardizer, fit_rows, identity
from stforecast.estimators._shapes import net_shapes
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.windows._windows import Windows


def _levels(forecaster: Forecaster) -> tuple[float, ...]:
    """Return the quantiles that the network gives, none if it gives one value."""
    return tuple(make_decoder(forecaster.decoder).quantiles)


def _gives_quantiles(forecaster: Forecaster) -> bool:
    """Return whether a decoder is one of quantiles; asked before anything is checked."""
    return np.size(getattr(forecaster.decoder, "quantiles", ())) > 0


class Forecaster(RegressorMixin, NetEstimator):
    """A network that forecasts the horizon of each window; subclasses name its backbone."""

    _constraints: ClassVar[dict[str, Constraint]] = {"standardize": Flags()}
    _rules: ClassVar[tuple[Rule, ...]] = (quantiles_by_pinball,)

    @with_callbacks
    def fit(self, X: Any, y: Any) -> Self:
        """Train the network from scratch.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows, in any units. The samples of an array are taken to be in order of time.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets, step-major, in any units.

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
        if self._goes_on():
            return self.partial_fit(X, y)
        vars(self).pop("net_", None)  # a fit that fails leaves nothing that could predict
        check_parameters(self)
        X, y = check_fit_data(self, X, y)
        self.shapes_ = net_shapes(X, y.shape[1])
        self._fit_inputs(X)
        self._fit_targets(X, y)
        self._train_anew(X, y)
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any) -> Self:
        """Train the network further, on more samples, with the present `lr` and `max_epochs`.

        Units and shapes stay those of the first fit; the optimizer keeps its state.

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
        if not hasattr(self, "net_"):
            return self.fit(X, y)
        check_parameters(self)
        X, y = check_fit_data(self, X, y, reset=False)
        self._train_further(X, y)
        return self

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
        levels = _levels(self)
        y = self._all_forecasts(X)[..., levels.index(0.5) if levels else 0]
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
        y = self._all_forecasts(X)
        return y[:, 0] if self.single_output_ else y

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Levels of `predict_quantiles`, none where the network gives one value."""
        return _levels(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _all_forecasts(self, X: Any) -> np.ndarray:
        """Return forecasts (n, horizon * outputs, quantiles)."""
        y = self._outputs(X)
        y = y.reshape(len(y), max(1, len(_levels(self))), self.shapes_.outputs).swapaxes(1, 2)
        return check_outputs(self._y_scaler.inverse(y), "forecasts")

    def _fit_targets(self, X: Windows, y: Any) -> None:
        C, H, W = self.shapes_.target
        self._y_scaler = (
            fit_rows(y, (self.shapes_.horizon, C, H * W), X.masked)
            if self.standardize
            else identity(y.shape[1], 1)
        )

    def _scalers(self) -> dict[str, Standardizer]:
        return {**self._input_scalers(), "y": self._y_scaler}

    def _targets(self, y: Any, precision: Any) -> Any:
        return scaled(y, self._y_scaler, precision)

    def _criterion(self, X: Windows, y: Any) -> torch.nn.Module:
        return make_decoder(self.decoder).criterion(self._training().loss, X.masked)

    def _split(self, X: Windows, y: Any, groups: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
        return latest_part(X.times, X.reach, self._training().validation_fraction)
