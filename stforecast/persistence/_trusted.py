"""The classes that a file may name, beside those of scikit-learn and numpy that skops trusts."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from sklearn.metrics import get_scorer, get_scorer_names

from stforecast import estimators, model_selection, series, windows
from stforecast.estimators import _scaled_network, _scaling, _shapes, _standing
from stforecast.estimators.baselines import _columns, _patches
from stforecast.estimators.wrappers import _series_level, _window_level
from stforecast.persistence import _labelled, _network, _pack
from stforecast.series import _scorer
from stforecast.series.intervals import _calibration, _coverage, _errors, _scales
from stforecast.windows import sources, transformers

_INNER = (
    _columns,
    _patches,
    _scaled_network,
    _scaling,
    _series_level,
    _shapes,
    _standing,
    _window_level,
    _calibration,
    _coverage,
    _errors,
    _scales,
    _scorer,
    _labelled,
    _network,
    _pack,
)
_HARMLESS = (
    "functools.partial",
    "numpy.asarray",
    "numpy.dtype",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
)


def trusted_names() -> list[str]:
    """Return the full names of every class and function of ours that a model may hold."""
    public = [
        getattr(room, name)
        for room in (windows, model_selection, estimators, series)
        for name in room.__all__
    ]
    inner = [value for module in (*_windows(), *_INNER) for value in _classes(module)]
    return [*_HARMLESS, *map(_name, [*public, *inner, *_metrics()])]


def _windows() -> list[ModuleType]:
    return [module for room in (windows, sources, transformers) for module in _modules(room)]


def _modules(room: ModuleType) -> list[ModuleType]:
    return [
        import_module(f"{room.__name__}.{module.name}") for module in iter_modules(room.__path__)
    ]


def _metrics() -> list[Any]:
    """Return the functions behind scikit-learn's scorers, which a search keeps."""
    scorers = map(get_scorer, get_scorer_names())
    return [scorer._score_func for scorer in scorers]  # noqa: SLF001 - a scorer has no public one


def _name(one: Any) -> str:
    return f"{one.__module__}.{one.__qualname__}"


def _classes(module: ModuleType) -> list[type]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
