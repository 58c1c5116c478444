"""Many forecasts from one network, by leaving dropout on."""

from __future__ import annotations

from copy import copy, deepcopy
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from stforecast._constraints import SEED, Constraint, Instances, Integers
from stforecast._fit_tasks import (
    CallbackSupportMixin,
    FitTasks,
    adopt_attributes,
    close_callbacks,
    copy_estimator,
)
from stforecast._parameters import check_parameters
from stforecast.estimators._forecaster import Forecaster
from stforecast.estimators._inner_estimator import fit_inner, inner_tags, validation_pair
from stforecast.estimators._input_checks import draw_seed

__all__ = ["MonteCarloDropout"]


def _has_inner_method(method: str) -> Any:
    return lambda wrapper: hasattr(wrapper.estimator, method)


class MonteCarloDropout(CallbackSupportMixin, MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Forecast with many thinned copies of a network: the mean, and how far they lie apart.

    Dropout in training makes one network stand for many that lack some of its features; here they
    forecast by themselves. Their spread tells what the data left open about the network.

    Parameters
    ----------
    estimator : forecaster
        A forecaster of this library whose network has dropout. In a pipeline it is the wrapper
        that is the last step.
    n_samples : int, default=30
        Thinned networks; predicting takes as many times longer.
    random_state : int, RandomState instance or None, default=None
        What decides which features they lack, drawn in `fit`. It is not given to the estimator.

    Attributes
    ----------
    estimator_ : forecaster
        The trained one.
    n_features_in_ : int
        What it says.

    Raises
    ------
    TypeError
        In `fit`, if the estimator trains no network.
    ValueError
        In `fit`, if the network has no dropout, or `n_samples` is below one.

    See Also
    --------
    SeedEnsemble : Several networks instead of one; dearer to train, and their spread says more.

    Notes
    -----
    A thinned network is the same for all windows of a call and of the next one, so a window's
    forecast does not depend on those beside it. Only dropout layers are left on, not zoneout nor
    the dropout inside attention weights.

    The spread does not hold the noise of the series, and depends on the dropout rate: it is no
    interval by itself. ``SplitConformal(scale="estimator")`` makes intervals of it that cover.

    References
    ----------
    Gal, Ghahramani (2016), Dropout as a Bayesian Approximation: Representing Model Uncertainty in
    Deep Learning, arXiv:1506.02142.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import LSTMForecaster, MonteCarloDropout, make_windows
    >>> X, y = make_windows(np.sin(np.arange(200) / 5), lookback=20, horizon=3)
    >>> network = LSTMForecaster(8, dropout=0.3, max_epochs=3, random_state=0)
    >>> model = MonteCarloDropout(network, 10, random_state=0).fit(X, y)
    >>> model.predict(X).shape, model.predict_std(X).shape
    ((178, 3), (178, 3))
    """

    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Instances(
            "a forecaster with a network, such as LSTMForecaster() or the last step of a pipeline",
            (Forecaster,),
        ),
        "n_samples": Integers(1),
        "random_state": SEED,
    }

    def __init__(self, estimator: Any, n_samples: int = 30, *, random_state: Any = None) -> None:
        self.estimator = estimator
        self.n_samples = n_samples
        self.random_state = random_state

    @close_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : Windows or array-like
            Whatever the estimator takes.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets.
        groups : array-like of shape (n,), default=None
            Handed to the estimator, as what its `fit` holds back whole groups of.
        X_val : Windows or array-like, default=None
            Handed to the estimator, as windows like those of `X` that decide when to stop.
        y_val : array-like or lazy Windows, default=None
            Their targets, like `y`.

        Returns
        -------
        self : object
            The fitted wrapper.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y, steps=1)
        estimator = clone(self.estimator)
        with tasks.part("fit-estimator").watch(estimator):
            fit_inner(estimator, X, y, groups, validation_pair(X_val, y_val))
        if not any(layer.p for layer in _dropouts(estimator.net_.module_)):
            raise ValueError(
                f"MonteCarloDropout needs a network with dropout, but {self.estimator!r:.60} has "
                "none: all its samples would be the same. Set dropout above 0."
            )
        fitted, draw = copy_estimator(self), np.random.default_rng(draw_seed(self.random_state))
        fitted.seeds_ = draw.integers(2**31, size=self.n_samples)
        fitted.n_features_in_ = estimator.n_features_in_
        fitted.estimator_ = estimator
        adopt_attributes(self, fitted)
        tasks.end()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean of the thinned networks' forecasts.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`.
        """
        return np.mean(self._samples("predict", X), axis=0)

    def predict_std(self, X: Any) -> np.ndarray:
        """Return the standard deviation of the thinned networks' forecasts.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            In the units of `y`.
        """
        return np.std(self._samples("predict", X), axis=0)

    @available_if(_has_inner_method("predict_quantiles"))
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the mean of the thinned networks' quantiles, where they give some.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n, quantiles) or (n, horizon * outputs, quantiles)
            Forecasts in the units of `y`, rising along the last axis.
        """
        return np.mean(self._samples("predict_quantiles", X), axis=0)

    @property
    def bounds_(self) -> tuple[float | None, float | None]:
        """Lower and upper bound of forecasts, None where there is none."""
        bounds: tuple[float | None, float | None] = getattr(
            self.estimator_, "bounds_", (None, None)
        )
        return bounds

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Probabilities of `predict_quantiles`."""
        return self.estimator_.quantiles_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = inner_tags(self.estimator)
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags

    def _samples(self, method: str, X: Any) -> list[np.ndarray]:
        check_is_fitted(self)
        networks = (_thin_forecaster(self.estimator_, int(seed)) for seed in self.seeds_)
        return [getattr(network, method)(X) for network in networks]


def _thin_forecaster(forecaster: Forecaster, seed: int) -> Forecaster:
    """Return a forecaster that predicts by a thinned copy of the network of another."""
    network = forecaster.network_
    member = copy(forecaster)
    member.network_ = network.replace_module(thin_network(network.module, seed))
    return member


def thin_network(module: nn.Module, seed: int) -> nn.Module:
    """Return a copy of a network that leaves dropout on, with masks that the seed decides."""
    module = deepcopy(module).eval()
    layers = _dropouts(module)
    seeds = np.random.default_rng(seed).integers(2**31, size=len(layers))
    for layer, own in zip(layers, seeds, strict=True):
        layer.register_forward_hook(partial(_thin, int(own)))
    return module


def _thin(seed: int, layer: nn.Dropout, _inputs: tuple[Tensor], output: Tensor) -> Tensor:
    """Drop the same features of every sample, of all batches, whatever the network's device."""
    # a generator for each call: no thread takes numbers of another's
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand((1, *output.shape[1:]), generator=generator, dtype=torch.float32) >= layer.p
    return output * mask.to(output.device) / (1 - layer.p)


def _dropouts(module: nn.Module) -> list[nn.Dropout]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Dropout)]
