"""Convolutional-recurrent forecasting with the interface of scikit-learn.

A sample is a forecast origin: its ``X`` is a window of what was known then, its ``y`` is the
horizon that follows. The same estimators serve in three ways: windows for scikit-learn
(`make_windows`, `ConvLSTMForecaster`), tables and maps for notebooks (`SeriesForecaster`), and
sktime (`SktimeForecaster`).

Names are loaded when they are first used, so ``import stforecast`` is quick and loads no torch.
"""

from __future__ import annotations

from importlib import import_module

from stforecast._version import __version__

# What most users need. The rest, and what needs an optional package, stays in its subpackage.
# `__init__.pyi` says the same to editors and type checkers; a test holds the two together.
_PUBLIC_NAMES = {
    "windows": (
        "ColumnsToGrid",
        "Crop",
        "Flatten",
        "FoldTime",
        "Framewise",
        "Windows",
        "calendar_features",
        "make_windows",
    ),
    "model_selection": (
        "OriginSplit",
        "leakage_report",
    ),
    "estimators": (
        "CNNLSTMClassifier",
        "CNNLSTMForecaster",
        "CNNLSTMLayers",
        "ConvLSTMClassifier",
        "ConvLSTMForecaster",
        "ConvLSTMLayers",
        "DenseDecoder",
        "ForecastAnomalyDetector",
        "LSTMClassifier",
        "LSTMForecaster",
        "LSTMLayers",
        "MonteCarloDropout",
        "ParallelCNNLSTMClassifier",
        "ParallelCNNLSTMForecaster",
        "ParallelLayers",
        "QuantileDecoder",
        "RelativeForecaster",
        "RolloutDecoder",
        "SeedEnsemble",
        "Training",
    ),
    "series": (
        "AdaptiveConformal",
        "SeriesForecaster",
        "SplitConformal",
        "forecast_scorer",
    ),
    "sktime": ("SktimeForecaster",),
}
_PACKAGES = {name: room for room, names in _PUBLIC_NAMES.items() for name in names}
_SUBPACKAGES = (
    "comparison",
    "datasets",
    "estimators",
    "exceptions",
    "inspection",
    "metrics",
    "model_selection",
    "nn",
    "persistence",
    "series",
    "sktime",
    "windows",
)

__all__ = ["__version__", *_PACKAGES]  # noqa: PLE0604 - ruff does not see that the keys of _PACKAGES are strings


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        value: object = getattr(import_module(f"stforecast.{_PACKAGES[name]}"), name)
    elif name in _SUBPACKAGES:
        value = import_module(f"stforecast.{name}")
    else:
        raise AttributeError(f"module 'stforecast' has no attribute {name!r}")
    globals()[name] = value  # the next look-up finds it there and does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBPACKAGES})
