"""Of files of models, and of models in other runtimes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error, mean_pinball_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stforecast import LSTMForecaster, SeriesForecaster, make_windows
from stforecast.estimators import Climatology, WindowRidge
from stforecast.persistence import export_onnx, load, save
from stforecast.windows import Flatten, FoldTime
from tests.persistence.rewriting import relabelled, saved_file
from tests.persistence.rewriting import rewritten as change_node
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), DAYS, ["a", "b"])
X, FRAME = make_windows(TABLE, lookback=6)
Y = np.asarray(FRAME)


class HouseTime(tzinfo):
    """The clock of a house, an hour ahead of UTC."""

    def utcoffset(self, when: Any) -> timedelta:
        return timedelta(hours=1)

    def dst(self, when: Any) -> timedelta:
        return timedelta(0)

    def tzname(self, when: Any) -> str:
        return "house"


class HouseDay(pd.offsets.BusinessDay):
    """A day on which a house works."""


def in_folder(call: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return call(Path(folder))


def kept(model: Any) -> Any:
    """Return a model that was saved and loaded."""

    def save_and_load(folder: Path) -> Any:
        save(model, folder / "model.stf")
        return load(folder / "model.stf")

    return in_folder(save_and_load)


def read(content: bytes) -> Any:
    def write_and_load(folder: Path) -> Any:
        (folder / "model.stf").write_bytes(content)
        return load(folder / "model.stf")

    return in_folder(write_and_load)


def rewritten(change: Callable[[dict[str, str]], dict[str, str]] = dict) -> Any:
    """Return what comes of a file whose metadata were changed."""

    def rewrite(folder: Path) -> Any:
        path = saved_file(WindowRidge().fit(X, Y), folder)
        relabelled(path, change)
        return load(path)

    return in_folder(rewrite)


def emptied() -> Any:
    """Return what comes of a file whose model was taken out."""

    def empty(folder: Path) -> Any:
        path = saved_file(WindowRidge().fit(X, Y), folder)
        change_node(path, lambda node: {})
        return load(path)

    return in_folder(empty)


def regression(*steps: Any, **parameters: Any) -> Any:
    return make_pipeline(Flatten(), *steps, Ridge(**parameters)).fit(X, Y)


def network(**parameters: Any) -> LSTMForecaster:
    quick = {"max_epochs": 1, "random_state": 0, "device": "cpu", "baseline": None}
    return LSTMForecaster(2, **{**quick, **parameters}).fit(X, Y)


def by_frequency(freq: Any) -> SeriesForecaster:
    index = pd.date_range("2024-01-01", periods=60, freq=freq)
    return SeriesForecaster(Ridge(), lookback=3).fit(TABLE.set_axis(index))


def search(scoring: Any) -> Any:
    model = make_pipeline(Flatten(), Ridge())
    return GridSearchCV(model, {"ridge__alpha": [1.0]}, scoring=scoring, cv=2).fit(X, Y)


def exported(model: Any) -> Any:
    def export(folder: Path) -> Any:
        export_onnx(model, folder / "model.onnx")
        return folder

    return in_folder(export)


def folded(model: Any, width: int = 2) -> Any:
    return model.fit(FoldTime(width=width).fit_transform(X), Y)


def _device(name: str, **where: str) -> Any:
    def save_and_load(folder: Path) -> Any:
        save(network().set_params(device=name), folder / "model.stf")
        return load(folder / "model.stf", **where)

    return in_folder(save_and_load)


def _noted() -> Any:
    model = network()
    model.note_ = "of mine"
    return model


REMEDIES: dict[str, Remedy] = {
    "a folder that is not there": remedy(
        lambda: in_folder(lambda folder: save(network(), folder / "models" / "model.stf")),
        "Make that folder or name another",
        lambda: in_folder(_save_in_a_new_folder),
        lambda: kept(network()),
    ),
    "a device as a file to write": remedy(
        lambda: save(network(), os.devnull), "Name a file", lambda: kept(network())
    ),
    "a device as a file to read": remedy(
        lambda: load(os.devnull), "Name a file", lambda: kept(network())
    ),
    "a file of something else": remedy(
        lambda: read(b"something else"), "Save the model again", lambda: kept(network())
    ),
    "a file that was zipped": remedy(
        lambda: read(b"PK\3\4"), "Fit the model again and save it", lambda: kept(network())
    ),
    "a file of another kind": remedy(
        lambda: rewritten(lambda metadata: {**metadata, "kind": "weights"}),
        "Pass a file that it wrote",
        rewritten,
    ),
    "a file of a later format": remedy(
        lambda: rewritten(lambda metadata: {**metadata, "format": "999"}),
        "Update stforecast",
        rewritten,
    ),
    "a zone of a user": remedy(
        lambda: kept(SeriesForecaster(Ridge(), lookback=3).fit(TABLE.tz_localize(HouseTime()))),
        "Use tz_convert('UTC')",
        lambda: kept(
            SeriesForecaster(Ridge(), lookback=3).fit(
                TABLE.tz_localize(HouseTime()).tz_convert("UTC")
            )
        ),
    ),
    "a file whose model is another": remedy(emptied, "Save the model again", rewritten),
    "a device that this machine lacks": remedy(
        lambda: _device("cuda:99"),
        "Pass device= to load",
        lambda: _device("cuda:99", device="cpu"),
    ),
    "an attribute that a user set": remedy(
        lambda: kept(_noted()), "Fit and save without what set it", lambda: kept(network())
    ),
    "a function of a user": remedy(
        lambda: kept(regression(FunctionTransformer(lambda rows: rows))),
        "Use a table, a function of numpy such as numpy.log1p, or calendar_features",
        lambda: kept(regression(FunctionTransformer(np.log1p).set_params(func=np.arcsinh))),
    ),
    "a number of many digits": remedy(
        lambda: kept(regression(alpha=np.longdouble(1))),
        "Convert it to a float",
        lambda: kept(regression(alpha=float(np.longdouble(1)))),
    ),
    "an array of many digits": remedy(
        lambda: kept(regression(alpha=np.ones(2, np.longdouble))),
        "Convert it with astype",
        lambda: kept(regression(alpha=np.ones(2, np.longdouble).astype(float))),
    ),
    "another generator of random numbers": remedy(
        lambda: kept(regression(random_state=np.random.RandomState(np.random.PCG64(0)))),
        "Give an integer as random_state",
        lambda: kept(regression(random_state=0)),
    ),
    "a frequency of a user": remedy(
        lambda: kept(by_frequency(HouseDay())),
        "Use one of pandas",
        lambda: kept(by_frequency(pd.offsets.BusinessDay())),
    ),
    "a scorer of a user": remedy(
        lambda: kept(search(make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.1))),
        "Use the name of a scorer of scikit-learn as scoring",
        lambda: kept(search("neg_mean_absolute_error")),
        lambda: kept(search(make_scorer(mean_absolute_error, greater_is_better=False))),
    ),
    "a setting of skorch that no file holds": remedy(
        lambda: kept(network(net_params={"compile": False})),
        "Leave it out with set_params(net_params=...) before saving, and set it again after",
        lambda: kept(network(net_params={"compile": False}).set_params(net_params={})).set_params(
            net_params={"compile": False}
        ),
    ),
    "a baseline that no other runtime has": remedy(
        lambda: exported(network(baseline=Climatology())),
        "Train with one of these, or with baseline=None",
        lambda: exported(network(baseline="persistence")),
        lambda: exported(network(baseline=None)),
    ),
    "a baseline behind a transformer": remedy(
        lambda: exported(folded(WindowRidge())),
        "Fit it without the transformer",
        lambda: exported(WindowRidge().fit(X, Y)),
    ),
    "a network whose baseline reads unfolded rows": remedy(
        lambda: exported(folded(network(baseline="ridge"))),
        "Train with baseline=None, or without the transformer",
        lambda: exported(folded(network(baseline=None))),
        lambda: exported(network(baseline="ridge")),
    ),
}


def _save_in_a_new_folder(folder: Path) -> Path:
    (folder / "models").mkdir()
    save(network(), folder / "models" / "model.stf")
    return folder
