"""What comes out of a file is what went in."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from stforecast.estimators import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    LSTMClassifier,
    LSTMForecaster,
    LSTMLayers,
    SeedEnsemble,
    StepDecoder,
    Training,
)
from stforecast.model_selection import OriginSplit
from stforecast.persistence import load, save
from stforecast.series import SeriesForecaster
from stforecast.windows import (
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldTime,
    Framewise,
    calendar_features,
    make_windows,
)
from tests.series.data import MAPS, PANEL, TABLE, in_dataset, in_xarray

QUICK = {"max_epochs": 2, "random_state": 0}
X, Y = make_windows(TABLE, lookback=6, horizon=2)
MODELS = {
    "lstm": LSTMForecaster(4, 0.1, layers=LSTMLayers(num_layers=2, bidirectional=True), **QUICK),
    "convlstm": ConvLSTMForecaster(3, (1, 3), layers=ConvLSTMLayers("peephole"), **QUICK),
    "cnn-lstm": CNNLSTMForecaster(
        (3,), layers=CNNLSTMLayers(batch_norm=True), decoder=StepDecoder(4), **QUICK
    ),
    "training parts": LSTMForecaster(
        4, training=Training(ema=0.9, schedule="cosine", optimizer="sgd"), **QUICK
    ),
    "decoder part": LSTMForecaster(4, decoder=DenseDecoder(hidden=5), **QUICK),
    "random state": LSTMForecaster(4, max_epochs=2, random_state=np.random.RandomState(3)),
    "pipeline": make_pipeline(
        Framewise(MinMaxScaler()), Crop(4), FoldTime(width=2), ConvLSTMForecaster(3, **QUICK)
    ),
    "grid": make_pipeline(ColumnsToGrid([["b", "a"]]), ConvLSTMForecaster(3, (1, 3), **QUICK)),
    "baseline": make_pipeline(Framewise(PCA(1)), Flatten(), StandardScaler(), Ridge()),
    "ensemble": SeedEnsemble(LSTMForecaster(4, **QUICK), n_estimators=2),
    "transformed target": TransformedTargetRegressor(
        LSTMForecaster(4, **QUICK), transformer=StandardScaler()
    ),
    "search": GridSearchCV(
        make_pipeline(Crop(), LSTMForecaster(4, **QUICK)),
        {"crop__lookback": [4]},
        cv=OriginSplit(2),
        scoring="neg_root_mean_squared_error",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_identical(name: str, tmp_path: Path) -> None:
    model = clone(MODELS[name]).fit(X, Y)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert type(again) is type(model)
    assert again.get_params().keys() == model.get_params().keys()


KINDS = {
    "table": TABLE,
    "column": TABLE["a"],
    "rows": TABLE.to_numpy(),
    "maps": MAPS,
    "xarray": in_xarray(MAPS),
    "dataset": in_dataset(MAPS),
    "panel": PANEL,
    "list": [TABLE[:30], TABLE],
}


def test_a_series_forecaster_around_a_regressor_survives(tmp_path: Path) -> None:
    model = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE)
    save(model, tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").forecast(), model.forecast())


@pytest.mark.parametrize("kind", KINDS)
def test_a_series_forecaster_goes_on_from_its_history(kind: str, tmp_path: Path) -> None:
    series = KINDS[kind]
    model = SeriesForecaster(LSTMForecaster(3, **QUICK), lookback=3, horizon=2).fit(series)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    for found, expected in ((again.forecast(), model.forecast()), (again.history_, model.history_)):
        if isinstance(expected, pd.DataFrame):
            pd.testing.assert_frame_equal(found, expected)
        elif isinstance(expected, pd.Series):
            pd.testing.assert_series_equal(found, expected)
        elif hasattr(expected, "identical"):
            assert found.identical(expected)
        else:
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize(
    "known",
    [
        partial(calendar_features, features=["weekday"]),
        calendar_features(pd.date_range("2020-01-01", periods=70), features=["weekday"]),
        np.arange(70.0)[:, None],
    ],
    ids=["function", "table", "array"],
)
def test_covariates_are_remembered(known: Any, tmp_path: Path) -> None:
    model = SeriesForecaster(LSTMForecaster(3, **QUICK), lookback=3).fit(TABLE, known=known)
    save(model, tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").forecast(), model.forecast())


@pytest.mark.parametrize("levels", [1, 2])
def test_intervals_of_a_panel_are_remembered(levels: int, tmp_path: Path) -> None:
    keys = ["x", "y"] if levels == 1 else [("s", "x"), ("s", "y")]
    panel = pd.concat([TABLE, TABLE], keys=keys)
    network = LSTMForecaster(3, **QUICK)
    model = SeriesForecaster(network, lookback=3, calibration=8).fit(panel)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").forecast_interval(coverage=0.6)
    for found, expected in zip(again, model.forecast_interval(coverage=0.6), strict=True):
        pd.testing.assert_frame_equal(found, expected)


def test_a_classifier_keeps_its_classes(tmp_path: Path) -> None:
    labels = np.where(np.arange(len(X)) % 2, "odd", "even")
    model = LSTMClassifier(4, **QUICK).fit(X, labels)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_model_not_fitted_can_be_saved(tmp_path: Path) -> None:
    save(MODELS["pipeline"], tmp_path / "model")
    again = load(tmp_path / "model")
    assert repr(again) == repr(MODELS["pipeline"])
    with pytest.raises(NotFittedError):
        again.predict(X)


def test_training_goes_on_as_it_would_have(tmp_path: Path) -> None:
    model = LSTMForecaster(4, baseline=None, **QUICK).fit(X, Y)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").partial_fit(X, Y)
    model.partial_fit(X, Y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    pd.testing.assert_frame_equal(
        again.history_.drop(columns="dur"), model.history_.drop(columns="dur")
    )
    forgetful = load(tmp_path / "model")
    forgetful.net_.optimizer_.state.clear()
    assert not np.array_equal(forgetful.partial_fit(X, Y).predict(X), model.predict(X))


def test_saving_changes_nothing_in_the_model(tmp_path: Path) -> None:
    model = SeriesForecaster(MODELS["lstm"], lookback=3).fit(TABLE)
    net, history = model.estimator_.net_, model.series_
    save(model, tmp_path / "model")
    assert model.estimator_.net_ is net
    assert model.series_ is history


def test_the_global_generator_stays_where_it_was(tmp_path: Path) -> None:
    save(LSTMForecaster(4, **QUICK).fit(X, Y), tmp_path / "model")
    before = torch.get_rng_state()
    load(tmp_path / "model")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_compiled_network_loads_uncompiled(tmp_path: Path) -> None:
    model = LSTMForecaster(4, **QUICK).fit(X, Y)
    expected = model.predict(X)
    model.net_.module_ = torch.compile(model.net_.module_, backend="eager")
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert not any("_orig_mod" in name for name in again.net_.module_.state_dict())
    np.testing.assert_array_equal(again.predict(X), expected)


def test_a_device_can_be_asked_for(tmp_path: Path) -> None:
    model = make_pipeline(Crop(4), LSTMForecaster(4, **QUICK)).fit(X, Y)
    expected = model.predict(X)
    model[-1].device = "cuda:99"
    save(model, tmp_path / "model")
    again = load(tmp_path / "model", device="cpu")
    assert again[-1].device == "cpu"
    np.testing.assert_array_equal(again.predict(X), expected)


def test_a_file_is_one_of_safetensors(tmp_path: Path) -> None:
    model = clone(MODELS["pipeline"]).fit(X, Y)
    save(model, tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    assert header.pop("__metadata__").keys() == {"sha256", "kind", "format", "versions", "model"}
    places = sorted(entry["data_offsets"] for entry in header.values())
    assert places[0][0] == 0
    assert places[-1][1] == len(content) - end
    assert all(one[1] == other[0] for one, other in itertools.pairwise(places))
    weight = model[-1].net_.module_.state_dict()["head.out.weight"].numpy()
    [(dtype, begin)] = [
        (entry["dtype"], end + entry["data_offsets"][0])
        for name, entry in header.items()
        if name.endswith(".weights['head.out.weight']")
    ]
    assert dtype == "F32"
    assert content[begin : begin + weight.nbytes] == weight.tobytes()


def test_no_pickle_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(SeriesForecaster(MODELS["lstm"], lookback=3).fit(TABLE), tmp_path / "model")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    load(tmp_path / "model").forecast()


def test_loading_needs_no_sktime(tmp_path: Path) -> None:
    save(LSTMForecaster(4, **QUICK).fit(X, Y), tmp_path / "model")
    code = (
        "import sys; from stforecast.persistence import load; load(sys.argv[1]); "
        "print('sktime' in sys.modules)"
    )
    out = subprocess.check_output([sys.executable, "-c", code, str(tmp_path / "model")], text=True)
    assert out.strip() == "False"
