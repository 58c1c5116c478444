"""What every forecaster shares: from windows and targets to a trained network and back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stforecast._validation import check_flag, check_integer, check_number, check_part
from stforecast.estimators._checkpoint import Checkpoint, fit_name
from stforecast.estimators._checks import check_fit_data, check_parts, draw_seed
from stforecast.estimators._engine import (
    DOUBLE_VALUES,
    build_net,
    predict_batches,
    prepend_history,
    resolve_device,
    run_epochs,
    seeded,
    take_optimizer,
)
from stforecast.estimators._holdout import latest_part
from stforecast.estimators._losses import Loss
from stforecast.estimators._samples import Samples
from stforecast.estimators._scaling import Standardizer, fit_part, fit_rows, identity
from stforecast.estimators._shapes import NetShapes, net_shapes
from stforecast.estimators._training import Training
from stforecast.estimators.decoders import make_decoder
from stforecast.exceptions import MissingValuesError
from stforecast.nn import ForecastNet
from stforecast.windows._coerce import as_windows, check_windows
from stforecast.windows._windows import Windows


class Forecaster(RegressorMixin, BaseEstimator):
    """A network that forecasts the horizon of each window; subclasses name its backbone."""

    @abstractmethod
    def _backbone(self, shapes: NetShapes) -> tuple[torch.nn.Module, tuple[int, int]]:
        """Return the module that reads the window, and the rows and columns of its output."""

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
        if hasattr(self, "net_") and getattr(self.training, "warm_start", False):
            return self.partial_fit(X, y)
        vars(self).pop("net_", None)  # a fit that fails leaves nothing that could predict
        self._check_params()
        X, y = check_fit_data(self, X, y)
        self.shapes_ = net_shapes(X, y.shape[1])
        self._fit_scalers(X, y)
        seed, device = draw_seed(self.random_state), resolve_device(self.device)
        with seeded(seed, device):
            module = self._build(self.shapes_)
            self.net_ = self._train(module, self._samples(X, y), X, seed, device)
        return self

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
        self._check_params()
        before, module = self.net_, deepcopy(self.net_.module_)
        X, y = check_fit_data(self, X, y, reset=False)
        seed, device = draw_seed(self.random_state), resolve_device(self.device)
        with seeded(seed, device):
            self.net_ = self._train(module, self._samples(X, y), X, seed, device, before)
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
            Forecasts in the units of `y`, float64; 1-D where `y` was.
        """
        check_is_fitted(self)
        X = as_windows(check_windows(self, X, reset=False))
        check_parts(X, self.shapes_.parts)
        y = self._y_scaler.inverse(self._outputs(X))
        if not np.isfinite(y).all():
            raise MissingValuesError(
                f"The windows give {int((~np.isfinite(y)).sum())} forecasts that are no numbers, "
                "since they hold NaN or infinity. Fill those rows first."
            )
        return y[:, 0] if self.single_output_ else y

    @property
    def history_(self) -> pd.DataFrame:
        """Losses and seconds of each epoch, one row an epoch."""
        rows = [{k: v for k, v in row.items() if k != "batches"} for row in self.net_.history]
        return pd.DataFrame(rows).set_index("epoch")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def _check_params(self) -> None:
        check_number("lr", self.lr, 0.0, open_low=True)
        check_integer("max_epochs", self.max_epochs, 1)
        check_integer("batch_size", self.batch_size, 1)
        check_flag("standardize", self.standardize)
        if not isinstance(self.net_params, Mapping | None):
            raise TypeError(f"net_params must be a dict or None, got {self.net_params!r}.")
        self._training().check(resolve_device(self.device))

    def _training(self) -> Training:
        return check_part("training", self.training, Training)

    def _net_params(self) -> dict[str, Any]:
        theirs = dict(self.net_params or {})
        ours = getattr(make_decoder(self.decoder), "callbacks", list)()
        return {**theirs, "callbacks": [*ours, *(theirs.get("callbacks") or [])]}

    def _build(self, shapes: NetShapes) -> torch.nn.Module:
        backbone, grid = self._backbone(shapes)
        return ForecastNet(backbone, make_decoder(self.decoder).build(backbone, grid, shapes))

    def _fit_scalers(self, X: Windows, y: Any) -> None:
        channels, shapes = X.shape[2] if X.ndim > 2 else 1, self.shapes_
        C, H, W = shapes.target
        if self.standardize:
            self._x_scaler = fit_part(X)
            self._y_scaler = fit_rows(y, (shapes.horizon, C, H * W), X.masked)
        else:
            self._x_scaler, self._y_scaler = identity(channels, 2), identity(y.shape[1], 1)
        self._part_scalers = {
            name: fit_part(part) if self.standardize else identity(part.shape[-1], part.ndim - 1)
            for name, part in X.parts.items()
        }

    def _samples(self, X: Windows, y: Any = None, precision: Any = np.float32) -> Samples:
        parts = {
            name: _scaled(X.parts[name], scaler, precision)
            for name, scaler in self._part_scalers.items()
        }
        targets = None if y is None else _scaled(y, self._y_scaler, precision)
        return Samples(_scaled(replace(X, parts={}), self._x_scaler, precision), parts, targets)

    def _train(
        self,
        module: torch.nn.Module,
        samples: Samples,
        X: Windows,
        seed: int,
        device: str,
        before: Any = None,
    ) -> Any:
        training = self._training()
        train, valid = latest_part(X.times, X.reach, training.validation_fraction)
        held = samples.take(valid).held(device) if len(valid) else None
        net = build_net(
            module,
            Loss(training.loss, X.masked),
            training=training,
            lr=self.lr,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            device=device,
            batches=-(-len(train) // self.batch_size),
            valid=held,
            seed=seed,
            verbose=self.verbose,
            net_params=self._net_params(),
        )
        samples = samples.take(train, teach=hasattr(module.head, "teacher_forcing")).held(device)
        checkpoint = None
        if before is not None:
            take_optimizer(net, before)
        elif training.checkpoint is not None:
            checkpoint = Checkpoint(training.checkpoint, fit_name(self, seed, samples, held))
        run_epochs(net, samples, net.max_epochs, checkpoint)
        net.train_split = None  # it holds the validation samples
        if before is not None:
            prepend_history(net, before)
        return net

    def _outputs(self, X: Windows) -> np.ndarray:
        device = resolve_device(self.device)
        module, precision = self.net_.module_, np.float32
        if device == "cpu" and X.size <= DOUBLE_VALUES:
            module, precision = deepcopy(module).double(), np.float64
        samples = self._samples(X, precision=precision)
        batches = predict_batches(
            module.to(device), samples, batch_size=max(256, self.batch_size), device=device
        )
        return np.concatenate([np.empty((0, self.shapes_.outputs)), *batches])


def _scaled(values: Any, scaler: Standardizer, precision: Any) -> Any:
    scaler = replace(scaler, precision=precision)
    return values.map_frames(scaler) if isinstance(values, Windows) else scaler(values)
