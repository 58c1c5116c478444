"""Checks of what comes into `fit` and `predict`, and rules that hold between parameters."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import validate_data

from stforecast._training.execution.devices import resolve_device
from stforecast._training.execution.strategies import check_group
from stforecast._training.net_params import check_net_params
from stforecast._training.training import Training
from stforecast._validation import (
    FILL_OR_MASK,
    check_finite,
    check_numbers,
    fill_mask,
    user_stack_level,
)
from stforecast.estimators._examples import Examples
from stforecast.estimators._weights import drop_weightless
from stforecast.estimators.parts.base import OPEN_LIMITS, part_shapes
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.exceptions import LayoutWarning, ParameterError, ShapeError
from stforecast.windows._batches import iter_batches, iter_rows
from stforecast.windows._coercion import as_windows, check_same_origins, check_windows
from stforecast.windows._parts import WEIGHT
from stforecast.windows._windows import Windows


def check_fit_data(estimator: Any, X: Any, y: Any, *, reset: bool = True) -> tuple[Windows, Any]:
    """Return windows and 2-D targets, and note on the estimator whether y was 1-D."""
    X, y = _read_targets(estimator, X, y, reset)
    if reset:
        estimator.single_output_ = y.ndim == 1
    else:
        check_trained_windows(estimator, X)
        _check_outputs("y", y, estimator.shapes_.outputs)
    return X, _as_columns(y)


def check_baseline_data(estimator: Any, X: Any, y: Any) -> tuple[Windows, Any]:
    """Return windows and 2-D targets of a baseline, whose stored rows hold no NaN unless masked.

    `make_windows` does not look through stored rows. A network finds NaN in them where it learns
    means and scales; a baseline learns none.
    """
    X, y = check_fit_data(estimator, X, y)
    if not X.masked:
        _check_stored_rows(X)
        if isinstance(y, Windows):
            _check_stored_rows(y)
    return X, y


def _check_stored_rows(X: Windows) -> None:
    if X.in_memory:
        return
    row = 0
    # a step, such as an imputer, may fill what the rows lack
    for block in iter_batches(X) if X.steps else iter_rows(X):
        check_finite("X and y", block, FILL_OR_MASK, first_row=row)
        row += len(block)


def _read_targets(
    estimator: Any, X: Any, y: Any, reset: bool, name: str = "y"
) -> tuple[Windows, Any]:
    """Return windows and targets as they are, checked."""
    _check_target_axes(y)
    y = fill_mask(y)
    if isinstance(X, Windows):
        X = as_windows(check_windows(estimator, X, reset=reset))
        check_same_origins(X, y, name)
        y = _check_targets(y, X.masked)
        check_consistent_length(X, y)
        return X, y
    rules = {"allow_nd": True, "multi_output": True, "y_numeric": True}
    X, y = validate_data(estimator, fill_mask(X), y, reset=reset, **rules)
    names = getattr(estimator, "feature_names_in_", None)
    X = check_windows(estimator, X, reset=reset)
    if names is not None:
        estimator.feature_names_in_ = names
    if reset:
        warn_layout(X)
    check_numbers("y", y)
    return as_windows(X), y


def select_samples(data: Examples, groups: Any = None) -> tuple[Examples, Any]:
    """Return the examples of a network that count, and their groups.

    There must be a group for each window, by its label where groups have labels.
    """
    if groups is not None:
        check_consistent_length(data.X, groups)
        check_same_origins(data.X, groups, "groups")
    return drop_weightless(data, groups) if WEIGHT in data.X.parts else (data, groups)


def _as_columns(y: Any) -> Any:
    return y if isinstance(y, Windows) else y.reshape(len(y), -1)


def check_validation_data(
    estimator: Any, data: Examples, X_val: Any, y_val: Any
) -> Examples | None:
    """Return windows to decide by when to stop, with their targets, in the form of `data`."""
    if not check_validation(estimator, X_val, y_val):
        return None
    X_val, y_val = _read_targets(estimator, X_val, y_val, False, "y_val")
    check_same_parts(X_val, data.X)
    _check_outputs("y_val", y_val, data.y.shape[1])
    return select_samples(Examples(X_val, _as_columns(y_val)))[0]


def check_validation(estimator: Any, X_val: Any, y_val: Any) -> bool:
    """Whether there are windows to decide by when to stop, of the shape seen in `fit`."""
    if X_val is None and y_val is None:
        return False
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(
            f"X_val and y_val must come together, but {missing} is None. Pass both, or neither."
        )
    check_consistent_length(X_val, y_val)
    shape = tuple(np.shape(X_val)[1:])
    if shape != estimator.window_shape_:
        raise ShapeError(
            f"X_val must hold windows of shape {estimator.window_shape_} as X does, got {shape}. "
            "Make both alike; a pipeline that changes X must change X_val too, by "
            "Pipeline(..., transform_input=['X_val'])."
        )
    return True


def check_same_parts(X_val: Windows, X: Windows) -> None:
    """Raise if windows to decide by when to stop carry less than those to train on."""
    if X_val.masked != X.masked:
        raise ShapeError(
            "X_val and X must both be masked, or neither. Make both with the same missing= of "
            "make_windows."
        )
    check_parts(X_val, part_shapes(X))


def warn_layout(X: Any) -> None:
    """Warn of an array of windows whose axes look as if they stood in another order.

    Keras puts channels last, (n, T, H, W, C); aeon and sktime put time last, (n, C, T).
    """
    shape = X.shape
    if X.ndim == 5 and shape[-1] <= 4 < min(shape[2:4]):
        _warn(
            f"X of shape {shape} is read as (n, T, C, H, W), which makes {shape[2]} channels of "
            f"maps of {shape[3]} x {shape[4]} cells. If its channels are last, as in Keras, put "
            "ChannelsFirst() before the estimator: make_pipeline(ChannelsFirst(), ...)."
        )
    elif X.ndim == 3 and shape[2] >= max(24, 4 * shape[1]):
        _warn(
            f"X of shape {shape} is read as (n, T, C), which makes {shape[1]} steps of {shape[2]} "
            "channels. If its time is last, as in aeon and sktime, swap the axes before the "
            "estimator: FunctionTransformer(np.swapaxes, kw_args={'axis1': 1, 'axis2': 2})."
        )


def _warn(message: str) -> None:
    warnings.warn(message, LayoutWarning, stacklevel=user_stack_level())


def _check_target_axes(y: Any) -> None:
    if y is None or isinstance(y, Windows):
        return
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) > 2:
        raise ShapeError(
            f"y must have shape (n,) or (n, horizon * outputs), step by step, got {shape}. "
            "Flatten it: y.reshape(len(y), -1)."
        )


def _check_targets(y: Any, masked: bool) -> Any:
    if isinstance(y, Windows):
        return y
    if y is None:
        raise ValueError("A forecaster requires y to be passed, but the target y is None.")
    finite = "allow-nan" if masked else True
    y = check_array(y, ensure_2d=False, ensure_all_finite=finite, input_name="y")
    check_numbers("y", y)
    return y


def _check_outputs(name: str, y: Any, outputs: int) -> None:
    width = 1 if y.ndim == 1 else y.shape[1]
    if width != outputs:
        raise ShapeError(
            f"{name} must have {outputs} columns, one for each step and output of fit, got {width}."
        )


def check_trained_windows(estimator: Any, X: Windows) -> None:
    """Raise unless windows carry what the network of an estimator was built for."""
    check_parts(X, estimator.shapes_.parts)
    check_mask(X, estimator.shapes_.masked)


def check_mask(X: Windows, masked: bool) -> None:
    """Raise unless windows are masked where those of fit were, and only there."""
    if X.masked != masked:
        were, missing = ("masked", "mask") if masked else ("not masked", "error")
        raise ShapeError(
            f"The windows of fit were {were}, and these must be the same. Make them with "
            f"missing={missing!r} of make_windows."
        )


def check_parts(X: Windows, parts: Mapping[str, tuple[int, ...]]) -> None:
    """Raise unless the windows carry the parts, of the shapes, that were there in fit."""
    for name, shape in parts.items():
        if name not in X.parts:
            raise ShapeError(
                f"The windows carried part {name!r} {shape} in fit and must carry it now, but have "
                f"{sorted(X.parts)}. Pass {name}= to make_windows again."
            )
        if tuple(X.parts[name].shape[1:]) != shape:
            raise ShapeError(
                f"Part {name!r} must have shape {shape} as in fit, got "
                f"{tuple(X.parts[name].shape[1:])}."
            )


def draw_seed(random_state: Any) -> int:
    """Return a seed; None draws from the system, not from numpy's global generator."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    return int(check_random_state(random_state).randint(2**31 - 1))


DEFAULT_LOSS = Training().loss


def check_skorch_parameters(estimator: Any, path: str) -> None:
    """`net_params` are parameters of skorch's net that the estimator leaves to the user."""
    if estimator.net_params is not None:
        check_net_params(estimator.net_params, f"{path}net_params")


def check_compute(estimator: Any, path: str) -> None:
    """Half precision trains on a GPU only; processes that train together are a group, one seed."""
    if estimator.training is None or estimator.training.compute is None:
        return
    compute = estimator.training.compute
    if compute.distributed:
        check_group(estimator.random_state, path)
    device = resolve_device(estimator.device)
    if compute.precision == "float16" and not device.startswith("cuda"):
        raise ParameterError(
            f"{path}training__compute__precision='float16' needs a GPU, but the device is "
            f"{device!r}. Use 'single', or 'bfloat16' where the processor computes in it."
        )


def check_quantile_loss(forecaster: Any, path: str) -> None:
    """A decoder of quantiles is trained with the loss of quantiles."""
    loss = DEFAULT_LOSS if forecaster.training is None else forecaster.training.loss
    if loss not in ("pinball", DEFAULT_LOSS) and make_decoder(forecaster.decoder).quantiles:
        raise ParameterError(
            f"{path}training__loss must be 'pinball' or left out with a decoder of quantiles, got "
            f"{loss!r}."
        )


def check_class_loss(classifier: Any, path: str) -> None:
    """A classifier has one loss."""
    loss = DEFAULT_LOSS if classifier.training is None else classifier.training.loss
    if loss != DEFAULT_LOSS:
        raise ParameterError(
            f"{path}training__loss must be left out, since a classifier is trained on the "
            f"cross-entropy, got {loss!r}. Say by class_weight which classes count more."
        )


def check_open_bounds(classifier: Any, path: str) -> None:
    """Scores of classes have no units in which bounds could be meant."""
    if make_decoder(classifier.decoder).limits != OPEN_LIMITS:
        raise ParameterError(
            f"{path}decoder must set no bounds in a classifier, since scores of classes have no "
            f"units, got {classifier.decoder!r:.60}. Pass the decoder inside it."
        )
