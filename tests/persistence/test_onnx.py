"""Another runtime gives the forecasts of `predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import (
    Baseline,
    Climatology,
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    DampedAnomaly,
    LSTMClassifier,
    LSTMForecaster,
    Persistence,
    QuantileDecoder,
    StackedBaseline,
    StencilForecaster,
    StepDecoder,
    WindowRidge,
)
from stforecast.estimators._scaled_network import UnitNetwork
from stforecast.persistence import export_onnx
from stforecast.windows import Crop, FoldTime, Windows, make_windows
from tests.series.data import MAPS, PANEL, TABLE

QUICK = {"max_epochs": 2, "random_state": 0}
RAW = 1000 + 50 * TABLE
HOLEY = RAW.mask(RAW > 1150)
NUMBERS = np.arange(70.0)[:, None] * [1.0, -3.0]
LAND = MAPS.copy()
LAND[:, :, 0, :2] = np.nan
# of two channels, each of which has cells without a value where the other has some
LANDS = np.concatenate([LAND, 2 * MAPS[:, :, ::-1] + 1], axis=1)
LANDS[:, 1, -1, -1] = np.nan
# half of an anomaly stays, so that an anomaly that fades and a stencil weigh alike; of a cell that
# ends before the first target the stencil alone has a forecast
ENDED = LAND.copy()
for t in range(1, len(ENDED)):
    ENDED[t] += 0.5 * ENDED[t - 1]
ENDED[3:, :, -1, -1] = np.nan
STATIC = {"x": [1.0], "y": [20.0]}


def windows(series: Any, **params: Any) -> tuple[Windows, Any]:
    return make_windows(series, **{"lookback": 4, "horizon": 2, **params})


CASES = {
    "table": (LSTMForecaster(3, **QUICK), windows(RAW)),
    "covariates": (
        LSTMForecaster(3, decoder=StepDecoder(embedding=2), **QUICK),
        windows(PANEL, known=NUMBERS, static=STATIC),
    ),
    "missing": (LSTMForecaster(3, **QUICK), windows(HOLEY, missing="mask")),
    "maps": (ConvLSTMForecaster(2, **QUICK), windows(MAPS)),
    "ridge": (LSTMForecaster(3, baseline="ridge", **QUICK), windows(RAW)),
    "logarithms": (LSTMForecaster(3, baseline=WindowRidge(log=True), **QUICK), windows(RAW**2 + 1)),
    "ridge and covariates": (
        LSTMForecaster(3, baseline="ridge", **QUICK),
        windows(PANEL, known=NUMBERS, static=STATIC),
    ),
    "stencil": (
        ConvLSTMForecaster(2, baseline=Baseline("stencil", form="residuals"), **QUICK),
        windows(MAPS, known=NUMBERS[: len(MAPS)]),
    ),
    "persistence": (
        LSTMForecaster(3, baseline="persistence", **QUICK),
        windows(HOLEY, missing="mask"),
    ),
    "persistence of cropped windows": (
        LSTMForecaster(3, baseline="persistence", **QUICK),
        (Crop(2).fit_transform(windows(RAW)[0]), windows(RAW)[1]),
    ),
    "stencil around land": (
        ConvLSTMForecaster(2, baseline=StencilForecaster(3, 2), **QUICK),
        windows(LAND, missing="mask"),
    ),
    "stencil of two kinds of land": (
        ConvLSTMForecaster(2, baseline=Baseline("stencil", form="residuals"), **QUICK),
        windows(LANDS, missing="mask"),
    ),
    "stacked": (
        ConvLSTMForecaster(
            2, baseline=StackedBaseline([Persistence(), StencilForecaster(3, 2)]), **QUICK
        ),
        windows(MAPS, horizon=3),
    ),
    "stacked around land": (
        ConvLSTMForecaster(
            2, baseline=StackedBaseline([DampedAnomaly(), StencilForecaster(3, 2)]), **QUICK
        ),
        windows(ENDED, missing="mask"),
    ),
    "damped anomaly": (ConvLSTMForecaster(2, baseline="damped_anomaly", **QUICK), windows(MAPS)),
    "folded": (
        CNNLSTMForecaster((2,), baseline=None, **QUICK),
        (FoldTime(width=2).fit_transform(windows(RAW)[0]), windows(RAW)[1]),
    ),
    "quantiles": (LSTMForecaster(3, decoder=QuantileDecoder(), **QUICK), windows(RAW)),
    "classes": (LSTMClassifier(3, **QUICK), (windows(RAW)[0], np.arange(55) % 3)),
    "lags": (LSTMForecaster(3, **QUICK), (np.asarray(windows(RAW["a"])[0])[:, :, 0], RAW["a"][5:])),
    "plain maps": (
        ConvLSTMForecaster(2, **QUICK),
        (np.asarray(windows(MAPS[:, 0])[0])[:, :, 0], MAPS[5:, 0].reshape(35, -1)),
    ),
}
# exporting takes seconds each, so only what goes different ways through the exporter
EXPORTED = ["covariates", "missing", "maps"]


def inputs_of(X: Any) -> dict[str, np.ndarray]:
    parts = X.parts if isinstance(X, Windows) else {}
    named = {name: np.asarray(part, np.float32) for name, part in parts.items()}
    return {"window": np.asarray(X, np.float32), **named}


def predicted(model: Any, X: Any) -> np.ndarray:
    forecasts = model.predict_proba(X) if is_classifier(model) else model.predict(X)
    return forecasts.reshape(len(X), -1)


@pytest.mark.parametrize("case", CASES)
def test_the_module_between_its_scalers_is_predict(case: str) -> None:
    model, (X, y) = CASES[case]
    expected = predicted(model.fit(X, y), X)
    with torch.no_grad():
        found = UnitNetwork(model.network_, getattr(model, "blend_", None))(
            *map(torch.tensor, inputs_of(X).values())
        ).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.nanmax(np.abs(expected)))
    assert np.isnan(expected).any() == ("land" in case)


@pytest.mark.parametrize("case", EXPORTED)
def test_the_file_gives_what_predict_gives(case: str, tmp_path: Path) -> None:
    model, (X, y) = CASES[case]
    expected = predicted(model.fit(X, y), X)
    export_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(["forecast"], inputs_of(X))
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    (one,) = session.run(["forecast"], inputs_of(X[:1]))
    np.testing.assert_allclose(one, expected[:1], atol=1e-5 * np.abs(expected).max())


def test_a_baseline_that_a_file_cannot_hold_is_an_error(tmp_path: Path) -> None:
    X, y = windows(RAW)
    folded = FoldTime(width=2).fit_transform(X)
    model = LSTMForecaster(3, baseline="ridge", **QUICK).fit(folded, y)
    with pytest.raises(ValueError, match="before a transformer moved their values"):
        export_onnx(model, tmp_path / "model.onnx")
    model = LSTMForecaster(3, baseline=Ridge(), **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="of the kind 'ridge', 'stencil' or 'persistence'"):
        export_onnx(model, tmp_path / "model.onnx")
    model = LSTMForecaster(3, baseline=StackedBaseline([Climatology()]), **QUICK).fit(X, y)
    with pytest.raises(ValueError, match=r"got Climatology\(\)\. Train with one of these"):
        export_onnx(model, tmp_path / "model.onnx")
    model = LSTMForecaster(3, baseline="persistence", **QUICK).fit(folded, y)
    with pytest.raises(ValueError, match="reads 1 of"):
        export_onnx(model, tmp_path / "model.onnx")


def test_persistence_that_fills_gaps_from_rows_before_a_crop_is_an_error(tmp_path: Path) -> None:
    gaps = RAW.copy()
    gaps.iloc[20:23, 0] = np.nan  # more than the network sees, less than persistence does
    X, y = windows(gaps, missing="mask")
    model = make_pipeline(Crop(2), LSTMForecaster(3, baseline="persistence", **QUICK)).fit(X, y)
    with pytest.raises(ValueError, match=r"2 frames of .* but the baseline reads 4 of"):
        export_onnx(model[-1], tmp_path / "model.onnx")


def test_what_is_no_forecaster_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot write a Ridge, which has no network"):
        export_onnx(Ridge(), tmp_path / "model.onnx")
    with pytest.raises(NotFittedError):
        export_onnx(LSTMForecaster(), tmp_path / "model.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_its_packages_the_error_says_what_to_install(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ImportError, match=r"needs onnx and onnxscript.*pip install onnx onnxscript"
    ):
        export_onnx(LSTMForecaster(), tmp_path / "model.onnx")
