"""One forecast from several networks that differ in their seed alone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import JOBS, SEED, Constraint, Integers, Regressors
from stforecast._fit_tasks import (
    CallbackSupportMixin,
    FitPart,
    FitTasks,
    adopt_attributes,
    close_callbacks,
    copy_estimator,
)
from stforecast._parameters import check_parameters
from stforecast.estimators._inner_estimator import fit_inner, inner_tags, validation_pair
from stforecast.estimators._input_checks import draw_seed

__all__ = ["SeedEnsemble"]


def _has_quantiles(ensemble: SeedEnsemble) -> bool:
    return hasattr(ensemble.estimator, "predict_quantiles")


class SeedEnsemble(CallbackSupportMixin, MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Average the forecasts of the same estimator trained from several seeds.

    Two networks that differ only in their seed make different errors; the mean of their forecasts
    has less of it than any of them is likely to have, and how far they lie apart tells what the
    data left open.

    Parameters
    ----------
    estimator : regressor
        A forecaster, or any regressor or pipeline with a `random_state` somewhere inside.
    n_estimators : int, default=5
        How many are trained; the time grows with it, and the gain shrinks.
    n_jobs : int, default=None
        Processes to train and predict in; None for one, -1 for as many as there are processors.
    random_state : int, RandomState instance or None, default=None
        What the seeds are drawn from; every `random_state` inside the estimator gets them.

    Attributes
    ----------
    estimators_ : list of regressors
        The trained ones.
    n_features_in_ : int
        What the first of them says.

    Raises
    ------
    ValueError
        In `fit`, if `n_estimators` is below one, or the estimator has no `random_state`.
    TypeError
        In `fit`, if the estimator is not a regressor.

    Notes
    -----
    With members of variance v and correlation r between their errors, the mean of m of them has
    variance ``v (r + (1 - r) / m)``: more of them never help beyond ``v r``.

    Their spread, `predict_std`, does not hold the noise of the series: it is not an interval by
    itself, and of networks on a baseline it is that of their share, none at 0.
    ``SplitConformal(scale="estimator")`` makes intervals of it that cover.

    References
    ----------
    Hansen, Salamon (1990), Neural network ensembles, https://doi.org/10.1109/34.58871.
    Lakshminarayanan, Pritzel, Blundell (2017), Simple and Scalable Predictive Uncertainty
    Estimation using Deep Ensembles, arXiv:1612.01474.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import LSTMForecaster, SeedEnsemble
    >>> X, y = make_windows(np.sin(np.arange(200) / 5), lookback=20, horizon=3)
    >>> model = SeedEnsemble(LSTMForecaster(8, max_epochs=3), 3, random_state=0).fit(X, y)
    >>> model.predict(X).shape
    (178, 3)
    """

    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {
        "estimator": Regressors(
            "Classes cannot be averaged. Use sklearn's VotingClassifier(voting='soft')."
        ),
        "n_estimators": Integers(1),
        "n_jobs": JOBS,
        "random_state": SEED,
    }

    def __init__(
        self,
        estimator: Any,
        n_estimators: int = 5,
        *,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_jobs = n_jobs
        self.random_state = random_state

    @close_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Train every member on all samples.

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
            The fitted ensemble.
        """
        check_parameters(self)
        members = self._members()
        tasks = FitTasks(self, X, y, steps=len(members))
        parts = [tasks.part("fit-member") for _ in members]
        fitted = copy_estimator(self)
        fitted.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_member)(member, part, X, y, groups, validation_pair(X_val, y_val))
            for member, part in zip(members, parts, strict=True)
        )
        for name in ("n_features_in_", "feature_names_in_"):
            vars(fitted).pop(name, None)
            if hasattr(fitted.estimators_[0], name):
                setattr(fitted, name, getattr(fitted.estimators_[0], name))
        adopt_attributes(self, fitted)
        tasks.end()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean of the members' forecasts.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`.
        """
        return np.mean(self._call_members("predict", X), axis=0)

    def predict_std(self, X: Any) -> np.ndarray:
        """Return the standard deviation of the members' forecasts.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            In the units of `y`.
        """
        return np.std(self._call_members("predict", X), axis=0)

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the mean of the members' quantiles, where they give some.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n, quantiles) or (n, horizon * outputs, quantiles)
            Forecasts in the units of `y`, rising along the last axis.
        """
        return np.mean(self._call_members("predict_quantiles", X), axis=0)

    @property
    def bounds_(self) -> tuple[float | None, float | None]:
        """Lower and upper bound of forecasts, None where there is none."""
        bounds: tuple[float | None, float | None] = getattr(
            self.estimators_[0], "bounds_", (None, None)
        )
        return bounds

    @property
    def quantiles_(self) -> tuple[float, ...]:
        """Probabilities of `predict_quantiles`."""
        return self.estimators_[0].quantiles_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = inner_tags(self.estimator)
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags

    def _call_members(self, method: str, X: Any) -> list[np.ndarray]:
        check_is_fitted(self)
        return Parallel(n_jobs=self.n_jobs)(
            delayed(_call)(member, method, X) for member in self.estimators_
        )

    def _members(self) -> list[Any]:
        draw = np.random.default_rng(draw_seed(self.random_state))
        return [_set_seeds(self.estimator, draw) for _ in range(self.n_estimators)]


def _set_seeds(estimator: Any, draw: np.random.Generator) -> Any:
    names = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    if not names:
        raise ValueError(
            f"SeedEnsemble needs an estimator with a random_state, but {estimator!r} has none: all "
            "its members would be the same. Use the estimator itself."
        )
    return clone(estimator).set_params(
        **{name: int(draw.integers(2**31)) for name in sorted(names)}
    )


def _fit_member(estimator: Any, part: FitPart, *data: Any) -> Any:
    with part.watch(estimator):
        return fit_inner(estimator, *data)


def _call(estimator: Any, method: str, X: Any) -> np.ndarray:
    return getattr(estimator, method)(X)
