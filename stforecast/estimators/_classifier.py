"""What every classifier shares: from windows and labels to a trained network and back."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from stforecast._constraints import Constraint, Mappings, Numbers, Options
from stforecast._fit_tasks import close_callbacks, copy_estimator
from stforecast._parameters import Rule, check_parameters
from stforecast._training.holdout import stratified_part, validation_share
from stforecast._training.net import Criterion
from stforecast._validation import fill_mask
from stforecast.estimators._examples import Examples
from stforecast.estimators._fill_values import warn_fill_values
from stforecast.estimators._input_checks import (
    check_class_loss,
    check_open_bounds,
    check_same_parts,
    check_trained_windows,
    check_validation,
    select_samples,
    warn_layout,
)
from stforecast.estimators._net_fit import Task
from stforecast.estimators._network import NetEstimator, make_plan
from stforecast.estimators._scaled_network import ScaledNetwork, check_outputs
from stforecast.estimators._scaling import learn_scalers
from stforecast.estimators.parts.base import class_shapes
from stforecast.exceptions import ShapeError
from stforecast.windows._coercion import as_windows, check_same_origins, check_windows
from stforecast.windows._windows import Windows


class Classifier(ClassifierMixin, NetEstimator):
    """A network that names the class of each window; subclasses name its backbone."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "class_weight": Mappings(Numbers(0), "a dict of weights of at least 0")
        | Options("balanced")
        | None
    }
    _rules: ClassVar[tuple[Rule, ...]] = (check_class_loss, check_open_bounds)

    @close_callbacks
    def fit(self, X: Any, y: Any, groups: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Train the network from scratch.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows, in any units.
        y : array-like of shape (n,)
            Class of each window: numbers or strings.
        groups : array-like of shape (n,), default=None
            Who or what each window comes from; no group is both trained on and held back to
            decide when to stop. Pass them where windows of one source resemble each other.
        X_val : Windows or array-like, default=None
            Windows like those of `X` that decide when to stop, in place of a part of `X`. They are
            never trained on.
        y_val : array-like, default=None
            Their classes, which must be among those of `y`.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter, a shape or a value does not fit.
        DivergedError
            If the loss becomes infinite or NaN.
        """
        if self._is_warm_start():
            return self.partial_fit(X, y, None, groups, X_val, y_val)
        return self._fit(X, y, None, groups, (X_val, y_val))

    @close_callbacks
    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        groups: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Train the network further, on more samples, with the present `lr` and `max_epochs`.

        Units, shapes and classes stay those of the first fit; the optimizer keeps its state.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in the first fit.
        y : array-like of shape (n,)
            Their classes.
        classes : array-like, default=None
            All classes that will ever come, in the first call; those in `y` by default.
        groups : array-like of shape (n,), default=None
            As in `fit`.
        X_val : Windows or array-like, default=None
            As in `fit`.
        y_val : array-like, default=None
            As in `fit`.

        Returns
        -------
        self : object
            The classifier.
        """
        if not hasattr(self, "network_"):
            return self._fit(X, y, classes, groups, (X_val, y_val))
        check_parameters(self)
        data = _check_labels(self, X, y, reset=False)
        check_trained_windows(self, data.X)
        data, groups = select_samples(data, groups)
        validation = _check_validation(self, data, X_val, y_val)
        return self._learn(copy_estimator(self), data, groups, validation, self.network_)

    def predict(self, X: Any) -> np.ndarray:
        """Name the class of each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,)
            The most probable classes.
        """
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return how probable each class is for each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities, in the order of ``classes_``; each row adds up to one.
        """
        check_is_fitted(self)
        return softmax(check_outputs(self._outputs(self._windows(X)), "class scores"), axis=1)

    def _fit(
        self, X: Any, y: Any, classes: Any, groups: Any, validation_pair: tuple[Any, Any]
    ) -> Self:
        check_parameters(self)
        fitted = copy_estimator(self)
        data = _check_labels(fitted, X, y, reset=True)
        data, groups = select_samples(data, groups)
        warn_fill_values(data.X)
        validation = _check_validation(fitted, data, *validation_pair)
        fitted.classes_ = np.unique(data.y if classes is None else classes)
        shapes = class_shapes(data.X, len(fitted.classes_))
        network = ScaledNetwork(None, shapes, learn_scalers(data.X))
        return self._learn(fitted, data, groups, validation, network)

    def _learn(
        self,
        fitted: Self,
        data: Examples,
        groups: Any,
        validation: Examples | None,
        network: ScaledNetwork,
    ) -> Self:
        """Train on labelled windows; others, or some of each class or group, decide the end."""
        plan, labels = make_plan(self, validation=validation), _encode(data.y, fitted.classes_)
        weights = _class_weights(self.class_weight, fitted.classes_, labels)
        criterion = CrossEntropy() if weights is None else WeightedCrossEntropy(weights)
        if validation is not None:
            samples = network.scalers.samples(
                validation.X, _encode(validation.y, fitted.classes_, "y_val")
            )
            parts = np.arange(len(labels)), np.arange(0)
            task = Task(labels, criterion, *parts, validation=samples)
        else:
            count = len(labels) if groups is None else len(np.unique(groups))
            share = validation_share(plan.training.validation_fraction, count)
            task = Task(labels, criterion, *stratified_part(labels, groups, share, plan.seed))
        return self._train(fitted, data.X, labels, plan, task, network)


class CrossEntropy(Criterion):
    """Torch's, which also says what its mean is taken over."""

    def forward(
        self, scores: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the loss of class scores [B, classes]."""
        if weights is None:
            return torch.nn.functional.cross_entropy(scores, labels)
        return (
            torch.nn.functional.cross_entropy(scores, labels, reduction="none") * weights
        ).mean()

    def count(self, labels: torch.Tensor) -> int:
        """Return how many samples the mean is taken over."""
        return len(labels)


class WeightedCrossEntropy(Criterion):
    """Cross-entropy with a weight for each class, averaged over samples.

    Torch's own divides each batch by the weights in it, so that a batch of one class would count
    in full however little that class should weigh.

    Parameters
    ----------
    weights : array of shape (n_classes,)
        Weights whose mean over the training samples is one.
    """

    def __init__(self, weights: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(
        self, scores: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the loss of class scores [B, classes]."""
        losses = torch.nn.functional.cross_entropy(scores, labels, reduction="none")
        losses = losses if weights is None else losses * weights
        return (losses * self.weights[labels]).mean()

    def count(self, labels: torch.Tensor) -> int:
        """Return how many samples the mean is taken over."""
        return len(labels)


def _class_weights(class_weight: Any, classes: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    if class_weight is None:
        return None
    if isinstance(class_weight, str):  # "balanced"
        weights = 1 / np.maximum(np.bincount(y, minlength=len(classes)), 1)
    else:
        unknown = [label for label in class_weight if label not in classes.tolist()]
        if unknown:
            raise ValueError(
                f"class_weight names {unknown[0]!r}, which is none of the classes "
                f"{classes.tolist()}. Use the labels in y."
            )
        weights = np.array(
            [class_weight.get(label, 1.0) for label in classes.tolist()], dtype=float
        )
    if not weights[y].sum() > 0:
        raise ValueError(f"class_weight must hold a weight above 0, got {class_weight!r}.")
    return weights / weights[y].mean()


def _check_labels(estimator: Any, X: Any, y: Any, *, reset: bool, name: str = "y") -> Examples:
    if y is None:
        raise ValueError("A classifier requires y to be passed, but the target y is None.")
    _check_one_class(y)
    y = fill_mask(y)
    if isinstance(X, Windows):
        check_same_origins(X, y, name)
        X, y = check_windows(estimator, X, reset=reset), column_or_1d(y)
        assert_all_finite(y, input_name="y")
    else:
        X, y = validate_data(estimator, fill_mask(X), y, reset=reset, allow_nd=True)
        names = getattr(estimator, "feature_names_in_", None)
        X = check_windows(estimator, X, reset=reset)
        if names is not None:
            estimator.feature_names_in_ = names
        if reset:
            warn_layout(X)
    check_consistent_length(X, y)
    check_classification_targets(y)
    return Examples(as_windows(X), y)


def _check_one_class(y: Any) -> None:
    """Raise unless there is one class for each window."""
    # not np.shape: an object that only converts to an array may refuse functions of numpy
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) > 2 or (len(shape) == 2 and shape[1] > 1):
        raise ShapeError(
            f"y must hold one class for each window, in shape (n,), got {shape}. Of a column for "
            "each class take the largest: y.argmax(axis=-1)."
        )


def _check_validation(estimator: Any, data: Examples, X_val: Any, y_val: Any) -> Examples | None:
    if not check_validation(estimator, X_val, y_val):
        return None
    validation = _check_labels(estimator, X_val, y_val, reset=False, name="y_val")
    check_same_parts(validation.X, data.X)
    return select_samples(validation)[0]


def _encode(y: np.ndarray, classes: np.ndarray, name: str = "y") -> np.ndarray:
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds the class {unknown.tolist()[0]!r}, which is none of "
            f"{classes.tolist()}. Name all classes in the first partial_fit."
        )
    return np.searchsorted(classes, y).astype(np.int64)
