"""Every public estimator is written for other runtimes, or says in one sentence why not."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.base import BaseEstimator, is_classifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import stforecast.estimators as ours
from stforecast.estimators import (
    ForecastAnomalyDetector,
    MonteCarloDropout,
    ParallelLayers,
    RelativeForecaster,
    SeedEnsemble,
    StencilForecaster,
    WindowRidge,
)
from stforecast.persistence import export_onnx
from stforecast.persistence._onnx_modules import onnx_module
from stforecast.series import SeriesForecaster
from stforecast.sktime import SktimeForecaster
from stforecast.windows import FoldTime, Framewise, Windows, make_windows
from tests.public import public_names, resolve
from tests.series.data import MAPS, TABLE

if TYPE_CHECKING:
    from pathlib import Path

QUICK = {"max_epochs": 1, "random_state": 0}
TABLES = make_windows(1000 + 50 * TABLE["a"], lookback=3)
GRIDS = make_windows(MAPS[:30, :, :3, :3], lookback=2)
# exporting takes seconds each: small windows, small networks
WRITTEN: dict[str, Any] = {
    "ConvLSTM": lambda kind: kind(2, **QUICK),
    "CNNLSTM": lambda kind: kind((2,), **QUICK),
    "LSTM": lambda kind: kind(2, **QUICK),
    "ParallelCNNLSTM": lambda kind: kind((2,), 2, layers=ParallelLayers(), **QUICK),
}
FORECASTERS = [f"{family}Forecaster" for family in WRITTEN]
CLASSIFIERS = [f"{family}Classifier" for family in WRITTEN]
ALONE = {**QUICK, "baseline": None}
OTHERS: dict[str, Any] = {
    "WindowRidge": WindowRidge,
    "StencilForecaster": StencilForecaster,
    "SeedEnsemble": lambda: SeedEnsemble(ours.LSTMForecaster(2, **ALONE), n_estimators=2),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "MonteCarloDropout": (
        MonteCarloDropout(ours.LSTMForecaster()),
        "draws new weights .* Pass its estimator_",
    ),
    "RelativeForecaster": (
        RelativeForecaster(ours.LSTMForecaster()),
        "takes a level .* Pass its estimator_",
    ),
    "DeseasonalizedForecaster": (
        ours.DeseasonalizedForecaster(StencilForecaster()),
        "takes a climatology .* Pass its regressor_",
    ),
    "ProbabilityMatchedForecaster": (
        ours.ProbabilityMatchedForecaster(StencilForecaster()),
        "puts the values .* Pass its regressor_",
    ),
    "ForecastAnomalyDetector": (
        ForecastAnomalyDetector(ours.LSTMForecaster()),
        "compares forecasts .* Pass its estimator_",
    ),
    "SeriesForecaster": (
        SeriesForecaster(Ridge(), lookback=3),
        "keeps a series .* Pass its estimator_",
    ),
    "SktimeForecaster": (SktimeForecaster(), "keeps a series .* Pass its forecaster_"),
    "Pipeline": (make_pipeline(Framewise(), Ridge()), r"does more .* Pass model\[-1\]"),
    "Ridge": (Ridge(), r"has no network\. Networks, WindowRidge, Stencil"),
    "str": ("model.stf", "is not an estimator. Pass a fitted network"),
}


@cache
def written_model(name: str) -> tuple[Any, Any]:
    """A fitted model of a public class, and windows."""
    maps = name.startswith(("ConvLSTM", "Stencil", "Parallel", "CNN"))
    X, y = GRIDS if maps else TABLES
    if name in OTHERS:
        return OTHERS[name]().fit(X, y), X
    family = name.removesuffix("Forecaster").removesuffix("Classifier")
    if name.endswith("Classifier"):
        return WRITTEN[family](getattr(ours, name)).fit(X, np.arange(len(X)) % 2), X
    model = WRITTEN[family](getattr(ours, name))
    if maps:  # by default they may stand on advection, which no file holds
        model.set_params(baseline="stencil")
    model.fit(X, y)
    # one epoch earns a network no share, and the forecasts would be those of the baseline
    model.blend_ = replace(model.blend_, share=0.5)
    return model, X


def public_estimators() -> list[str]:
    found = [name for name in public_names() if name.startswith(("stforecast.estimators.",))]
    kinds = [resolve(name) for name in (*found, "stforecast.series.SeriesForecaster")]
    return [
        kind.__name__
        for kind in kinds
        if inspect.isclass(kind) and issubclass(kind, BaseEstimator) and hasattr(kind, "fit")
    ]


def inputs_of(X: Any) -> dict[str, np.ndarray]:
    parts = X.parts if isinstance(X, Windows) else {}
    return {name: np.asarray(one, np.float32) for name, one in {"window": X, **parts}.items()}


def predicted(model: Any, X: Any) -> np.ndarray:
    forecasts = model.predict_proba(X) if is_classifier(model) else model.predict(X)
    return forecasts.reshape(len(X), -1)


# a classifier differs from its forecaster behind the network alone: one is enough
@pytest.mark.parametrize("name", [*FORECASTERS, "LSTMClassifier", *OTHERS])
def test_another_runtime_gives_what_predict_gives(name: str, tmp_path: Path) -> None:
    model, X = written_model(name)
    expected = predicted(model, X)
    export_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(["forecast"], inputs_of(X))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", FORECASTERS)
def test_the_network_has_its_part_in_what_is_written(name: str) -> None:
    model, X = written_model(name)
    change = predicted(model, X) - predicted(model.baseline_, X)
    assert np.abs(change).max() > 1e-2 * predicted(model, X).std()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_module_of_a_classifier_gives_its_probabilities(name: str) -> None:
    model, X = written_model(name)
    module, window, _ = onnx_module(model)
    with torch.no_grad():
        found = module(*map(torch.tensor, inputs_of(X).values())).numpy()
    assert window == X.shape[1:]
    np.testing.assert_allclose(found, predicted(model, X), atol=1e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_says_why_and_what_to_pass(name: str, tmp_path: Path) -> None:
    model, message = REFUSED[name]
    with pytest.raises(TypeError, match=f"export_onnx cannot write a {name}, which ({message})"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_every_public_estimator_is_written_or_says_why_not(tmp_path: Path) -> None:
    for name in public_estimators():
        if name in (*FORECASTERS, *CLASSIFIERS, *OTHERS, *REFUSED):
            continue
        model = getattr(import_module("stforecast.estimators"), name)()
        with pytest.raises(TypeError, match=r"which has no network\. Networks, WindowRidge"):
            export_onnx(model, tmp_path / "model.onnx")


def test_a_ridge_on_windows_that_a_transformer_moved_is_refused(tmp_path: Path) -> None:
    X, y = make_windows(TABLE, lookback=4)
    model = WindowRidge().fit(FoldTime(width=2).fit_transform(X), y)
    with pytest.raises(ValueError, match=r"before a transformer moved their values\. Fit it"):
        export_onnx(model, tmp_path / "model.onnx")
