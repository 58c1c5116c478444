"""Errors at each origin, by the names that scikit-learn has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sklearn.metrics
from sklearn.metrics import get_scorer_names

from stforecast._constraints import Options
from stforecast.comparison._differences import Floats
from stforecast.exceptions import ParameterError

SCALED_METRIC = "mase"
# from truth and forecasts (n, k) to what is averaged over origins (n,)
Loss = Callable[[Floats, Floats], Floats]
_ROOT = "root_"


@dataclass(frozen=True)
class Metric:
    """An error of the forecast from one origin, and how those of several are summed up.

    Parameters
    ----------
    name : str
        What the table calls it.
    loss : callable
        Gives what is averaged over origins.
    root : bool, default=False
        Whether the error is the root of that average.
    has_scale : bool, default=False
        Whether truth and forecasts are measured in the scale of each origin.
    """

    name: str
    loss: Loss
    root: bool = False
    has_scale: bool = False

    def errors(self, truth: Floats, forecasts: Floats, scales: Floats) -> Floats:
        """Return the error at each origin; NaN where no value of the truth is there."""
        if self.has_scale:
            truth, forecasts = truth / scales, forecasts / scales
        losses = self.loss(truth, forecasts)
        return np.sqrt(losses) if self.root else losses


def make_metrics(metrics: Any) -> tuple[Metric, ...]:
    """Return metrics by names, functions, or a mapping of names to either."""
    if isinstance(metrics, Mapping):
        pairs: list[tuple[Any, Any]] = list(metrics.items())
    elif isinstance(metrics, str) or callable(metrics):
        pairs = [(None, metrics)]
    elif isinstance(metrics, Sequence):
        pairs = [(None, metric) for metric in metrics]
    else:
        pairs = []
    errors = tuple(_make_metric(name, metric) for name, metric in pairs)
    if not errors:
        raise ParameterError(
            "metrics must be a name, a function of truth and forecast, or a list or dict of "
            f"these, got {metrics!r:.60}. Pass 'neg_mean_absolute_error', say."
        )
    names = [error.name for error in errors]
    if len(set(names)) < len(names):
        raise ParameterError(f"metrics must have names of their own, got {names}. Pass a dict.")
    return errors


def _make_metric(name: Any, metric: Any) -> Metric:
    if name is not None and not isinstance(name, str):
        raise ParameterError(f"metrics must have texts as names, got {name!r}. Use str(...).")
    if isinstance(metric, str):
        plain = metric.removeprefix("neg_")
        return replace(_find_metric(plain), name=name or plain)
    if not callable(metric) or isinstance(metric, type):
        raise ParameterError(
            f"metrics must be names or functions of truth and forecast, got {metric!r:.60}. Pass "
            "'neg_mean_absolute_error', say."
        )
    title = name if name is not None else getattr(metric, "__name__", type(metric).__name__)
    return Metric(title, partial(_origin_losses, metric))


def _find_metric(name: str) -> Metric:
    if name in _PRESETS:
        return _PRESETS[name]
    if name not in _error_names():
        raise Options(SCALED_METRIC, *_error_names()).error("metrics", name)
    root = name.startswith(_ROOT)
    function = getattr(sklearn.metrics, name.removeprefix(_ROOT))
    return Metric(name, partial(_origin_losses, function), root)


def _error_names() -> list[str]:
    """Return the names of scikit-learn's errors of numbers, without their sign."""
    of_classes = {"brier_score", "log_loss", "negative_likelihood_ratio"}
    names = [name.removeprefix("neg_") for name in get_scorer_names() if name.startswith("neg_")]
    return [name for name in names if name not in of_classes]


def _absolute(truth: Floats, forecasts: Floats) -> Floats:
    return mean_present(np.abs(forecasts - truth))


def _squared_error(truth: Floats, forecasts: Floats) -> Floats:
    return mean_present(np.square(forecasts - truth))


_PRESETS = {
    "mean_absolute_error": Metric("mean_absolute_error", _absolute),
    "mean_squared_error": Metric("mean_squared_error", _squared_error),
    "root_mean_squared_error": Metric("root_mean_squared_error", _squared_error, root=True),
    SCALED_METRIC: Metric(SCALED_METRIC, _absolute, has_scale=True),
}


def mean_present(errors: Floats) -> Floats:
    """Return the mean over the values of each origin that are there."""
    is_finite = np.isfinite(errors)
    total, count = np.where(is_finite, errors, 0.0).sum(axis=1), is_finite.sum(axis=1)
    out = np.full(len(errors), np.nan)
    return np.asarray(np.divide(total, count, out=out, where=count > 0))


def _origin_losses(function: Callable[[Any, Any], Any], truth: Floats, forecasts: Floats) -> Floats:
    """Return what a function says of the values of each origin that are there."""
    return np.array(
        [
            float(function(y[is_finite], forecast[is_finite])) if is_finite.any() else np.nan
            for y, forecast, is_finite in zip(truth, forecasts, np.isfinite(truth), strict=True)
        ]
    )
