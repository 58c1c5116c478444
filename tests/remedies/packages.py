"""Of packages that are not installed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import xarray

from stforecast import ConvLSTMForecaster, make_windows
from stforecast.datasets import load_air_temperature, load_panel, load_video_folder
from stforecast.estimators import WindowRidge, optuna_distributions
from stforecast.inspection import ForecastDisplay
from stforecast.persistence import export_onnx
from stforecast.windows import calendar_features
from tests.datasets.test_video import write
from tests.remedies import Remedy, remedy
from tests.remedies.pictures import drawn

DAYS = pd.date_range("2024-01-01", periods=20, name="day")
SERIES = pd.Series(np.arange(20.0), DAYS, name="v")
LONG = pd.DataFrame({"id": ["x", "y"], "day": [1, 1], "v": [1.0, 2.0]})
GRID = xarray.DataArray(np.random.default_rng(0).normal(size=(20, 2, 2)), dims=["time", "y", "x"])


def without(packages: str, call: Callable[[], Any]) -> Callable[[], Any]:
    """Return a call in a Python in which some packages are not there."""

    def refused() -> Any:
        with patch.dict(sys.modules, dict.fromkeys(packages.split())):
            return call()

    return refused


def panel() -> Any:
    return load_panel(LONG, series="id", time="day")


def space() -> Any:
    return optuna_distributions(ConvLSTMForecaster().search_space())


def bare_picture() -> Any:
    return ForecastDisplay.from_predictions(SERIES, SERIES)


def picture() -> Any:
    return drawn(bare_picture)


def exported() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        model = WindowRidge().fit(*make_windows(SERIES, lookback=3))
        export_onnx(model, Path(folder, "model.onnx"))
        return folder


def clips(*packages: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "boxing/one.avi"), np.zeros((6, 16, 16, 3), np.uint8))
        with patch.dict(sys.modules, dict.fromkeys(packages)):
            return load_video_folder(Path(folder), n_frames=5, size=8)


REMEDIES: dict[str, Remedy] = {
    "a table of Parquet without pyarrow": remedy(
        without("pyarrow", panel), "Install it with pip install pyarrow", panel
    ),
    "maps without xarray": remedy(
        without("xarray", load_air_temperature),
        "Install it with pip install xarray",
        load_air_temperature,
    ),
    "a video without PyAV": remedy(lambda: clips("av"), "Install it with pip install av", clips),
    "distributions without Optuna": remedy(
        without("optuna", space),
        "Install it with pip install optuna, or give the lists to RandomizedSearchCV",
        space,
        lambda: ConvLSTMForecaster().search_space(),
    ),
    "a picture without matplotlib": remedy(
        lambda: drawn(without("matplotlib matplotlib.pyplot", bare_picture)),
        "Install it with pip install matplotlib",
        picture,
    ),
    "holidays of a country without the package": remedy(
        without("holidays", lambda: calendar_features(DAYS, holidays="FR")),
        "Install it with 'pip install holidays', or pass the dates themselves",
        lambda: calendar_features(DAYS, holidays="FR"),
        lambda: calendar_features(DAYS, holidays=["2024-01-01"]),
    ),
    "another runtime without onnx": remedy(
        without("onnx onnxscript", exported),
        "Install them with pip install onnx onnxscript",
        exported,
    ),
}
