"""The schemas know every class that a model may be of, and all that it keeps once it is fitted."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

import stforecast as st
from stforecast import estimators, model_selection, windows
from stforecast.persistence import load, save
from stforecast.persistence._classes import schemas
from tests.persistence.rewriting import rewritten, saved_file
from tests.series.data import MAPS, PANEL, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = {"max_epochs": 1, "random_state": 0}
X, Y = st.make_windows(TABLE, lookback=6, horizon=2)
GRIDS, NEXT = st.make_windows(MAPS, lookback=4)
LABELS = np.where(np.arange(len(GRIDS)) % 2, "odd", "even")
KNOWN = partial(st.calendar_features, features=["weekday"])
PARTED, FUTURE = st.make_windows(TABLE, lookback=6, horizon=2, known=KNOWN(TABLE.index))
GAPS = np.where(np.arange(MAPS.size).reshape(MAPS.shape) % 7, MAPS, np.nan)
GAPPED, GAPPED_NEXT = st.make_windows(GAPS, lookback=4, missing="mask")
LEVELS, LEVELLED = st.make_windows(PANEL, lookback=3)


def network(**params: Any) -> Any:
    return st.LSTMForecaster(2, **QUICK, **params)


def forecaster(estimator: Any, series: Any = TABLE, known: Any = None, **params: Any) -> Any:
    return st.SeriesForecaster(estimator, lookback=3, **params).fit(series, known=known)


def updated(**params: Any) -> Any:
    model = forecaster(st.SeedEnsemble(network(), 2), TABLE[:40], KNOWN, **params)
    return model.update(TABLE[40:])


# several fits of each class that give it all the attributes it can have
FITS: dict[str, list[Callable[[], Any]]] = {
    **{
        f"estimators.{family}Forecaster": [
            lambda kind=f"{family}Forecaster": getattr(st, kind)(**QUICK).fit(X, Y),
            lambda kind=f"{family}Forecaster": getattr(st, kind)(**QUICK).fit(PARTED, FUTURE),
            lambda kind=f"{family}Forecaster": getattr(st, kind)(**QUICK).fit(GRIDS, NEXT),
            lambda kind=f"{family}Forecaster": getattr(st, kind)(**QUICK).fit(
                pd.DataFrame(np.asarray(X)[..., 0], columns=list("abcdef")), np.asarray(Y)[:, 0]
            ),
        ]
        for family in ("CNNLSTM", "ConvLSTM", "LSTM", "ParallelCNNLSTM")
    },
    **{
        f"estimators.{family}Classifier": [
            lambda kind=f"{family}Classifier": getattr(st, kind)(**QUICK).fit(GRIDS, LABELS),
            lambda kind=f"{family}Classifier": getattr(st, kind)(**QUICK).fit(
                GRIDS, np.arange(len(GRIDS)) % 3
            ),
        ]
        for family in ("CNNLSTM", "ConvLSTM", "LSTM", "ParallelCNNLSTM")
    },
    "estimators.SeedEnsemble": [
        lambda: st.SeedEnsemble(network(), 2).fit(X, Y),
        lambda: st.SeedEnsemble(network(), 2).fit(
            pd.DataFrame(np.asarray(X)[..., 0], columns=list("abcdef")), np.asarray(Y)
        ),
    ],
    "estimators.MonteCarloDropout": [
        lambda: st.MonteCarloDropout(network(dropout=0.5), 3).fit(X, Y)
    ],
    "estimators.RelativeForecaster": [
        lambda: st.RelativeForecaster(Ridge()).fit(X, Y),
        lambda: st.RelativeForecaster(network(), level="series").fit(LEVELS, LEVELLED),
    ],
    "estimators.ForecastAnomalyDetector": [
        lambda: st.ForecastAnomalyDetector(network()).fit(X),
        lambda: st.ForecastAnomalyDetector(network(), contamination=0.2).fit(X),
    ],
    "estimators.WindowRidge": [
        lambda: estimators.WindowRidge().fit(X, Y),
        lambda: estimators.WindowRidge(log=True).fit(
            *st.make_windows(TABLE.abs() + 1.0, lookback=3)
        ),
        lambda: estimators.WindowRidge().fit(GAPPED, GAPPED_NEXT),
    ],
    "estimators.StencilForecaster": [
        lambda: estimators.StencilForecaster().fit(GRIDS, NEXT),
        lambda: estimators.StencilForecaster().fit(GAPPED, GAPPED_NEXT),
    ],
    **{
        f"estimators.{kind}": [
            lambda kind=kind: getattr(estimators, kind)().fit(X, Y),
            lambda kind=kind: getattr(estimators, kind)().fit(GAPPED, GAPPED_NEXT),
        ]
        for kind in (
            "Advection",
            "StackedBaseline",
            "Climatology",
            "DampedAnomaly",
            "Persistence",
            "SeasonalNaive",
        )
    },
    "estimators.ProbabilityMatchedForecaster": [
        lambda: estimators.ProbabilityMatchedForecaster(Ridge()).fit(X, Y),
        lambda: estimators.ProbabilityMatchedForecaster(
            estimators.StencilForecaster(3, 2), estimators.Climatology()
        ).fit(GAPPED, GAPPED_NEXT),
    ],
    "estimators.DeseasonalizedForecaster": [
        lambda: estimators.DeseasonalizedForecaster(Ridge()).fit(X, Y),
        lambda: estimators.DeseasonalizedForecaster(estimators.StencilForecaster(3, 2)).fit(
            GAPPED, GAPPED_NEXT
        ),
    ],
    "windows.ChannelsFirst": [lambda: windows.ChannelsFirst().fit(np.ones((3, 2, 4, 5, 2)))],
    "windows.ColumnsToGrid": [lambda: st.ColumnsToGrid([["b", "a"]]).fit(X)],
    "windows.Crop": [lambda: st.Crop(3).fit(X)],
    "windows.Flatten": [lambda: st.Flatten().fit(X)],
    "windows.FoldSpace": [
        lambda: st.windows.FoldSpace(2).fit(GRIDS),
        lambda: st.windows.FoldSpace(2).fit(X),
    ],
    "windows.FoldTime": [lambda: st.FoldTime(width=2).fit(X)],
    "windows.Framewise": [
        lambda: st.Framewise(StandardScaler()).fit(X),
        lambda: st.Framewise().fit(GRIDS),
    ],
    "windows.LagsToWindows": [
        lambda: windows.LagsToWindows(3).fit(np.ones((4, 6))),
        lambda: windows.LagsToWindows(3).fit(pd.DataFrame(np.ones((4, 6)), columns=list("abcdef"))),
    ],
    "windows.Spectrogram": [
        lambda: windows.Spectrogram(4).fit(X),
        lambda: windows.Spectrogram(4, window=("kaiser", 2.0)).fit(X),
    ],
    "series.SeriesForecaster": [
        lambda: forecaster(network()),
        lambda: forecaster(Ridge(), PANEL),
        lambda: forecaster(Ridge(), [TABLE, TABLE[:30]]),
        lambda: forecaster(network(), MAPS),
        lambda: forecaster(Ridge(), known=KNOWN),
        lambda: forecaster(Ridge(), known=KNOWN(TABLE.index)),
        lambda: forecaster(Ridge(), calibration=9),
        lambda: forecaster(Ridge(), PANEL, calibration=st.SplitConformal(4, scale=Ridge())),
        lambda: updated(calibration=st.SplitConformal(9, scale="estimator")),
        lambda: updated(calibration=st.series.AdaptiveConformal(st.SplitConformal(9))),
    ],
    "model_selection.InterruptibleGridSearchCV": [
        lambda: model_selection.InterruptibleGridSearchCV(
            Ridge(), {"alpha": [1.0]}, cv=st.OriginSplit(2)
        ).fit(np.asarray(X)[:, -1], np.asarray(Y))
    ],
}


# classes to derive from, which no object is of
BASES = ("estimators.Decoder",)


def public_estimators() -> dict[str, type]:
    """Every public class of ours that is an estimator or a part of one, by its path."""
    found = {}
    for room in ("windows", "model_selection", "estimators", "series"):
        module = import_module(f"stforecast.{room}")
        for name in module.__all__:
            kind = getattr(module, name)
            if not isinstance(kind, type) or f"{room}.{name}" in BASES:
                continue
            if issubclass(kind, BaseEstimator) or hasattr(kind, "get_n_splits"):
                found[f"{room}.{name}"] = kind
    return found


def test_every_public_estimator_and_part_has_a_schema() -> None:
    assert not [name for name in public_estimators() if f"stforecast.{name}" not in schemas()]


def test_every_schema_finds_its_class() -> None:
    for name, schema in schemas().items():
        assert isinstance(schema.kind, type), name
        assert schema.specs() is not None


def test_every_public_estimator_is_fitted_here() -> None:
    known = {
        name for name in public_estimators() if schemas()[f"stforecast.{name}"].role == "model"
    }
    assert known == set(FITS)


@pytest.mark.parametrize(
    ("name", "number"), [(name, i) for name in FITS for i in range(len(FITS[name]))]
)
def test_the_schema_knows_all_that_a_fit_leaves(name: str, number: int, tmp_path: Path) -> None:
    model = FITS[name][number]()
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert vars(again).keys() == vars(model).keys()


def test_an_attribute_that_the_schema_does_not_know_is_named(tmp_path: Path) -> None:
    model = forecaster(network())
    model.estimator_.bias_ = 3.0
    with pytest.raises(
        TypeError, match=r"estimator_\.bias_ is an attribute of stforecast\.estimators\.LSTMForec"
    ):
        save(model, tmp_path / "model")


def test_a_value_that_the_schema_does_not_allow_is_named(tmp_path: Path) -> None:
    model = forecaster(Ridge())
    model.layout_["missing"] = "eval"
    with pytest.raises(TypeError, match=r"layout_\['missing'\] must be one of 'error', 'mask'"):
        save(model, tmp_path / "model")


@pytest.mark.parametrize("name", ["series_", "layout_", "known_"])
def test_a_fitted_model_that_lacks_something_is_refused(name: str, tmp_path: Path) -> None:
    path = saved_file(forecaster(Ridge()), tmp_path)
    rewritten(path, lambda node: node["attributes"].pop(name) and None)
    with pytest.raises(ValueError, match=rf"{name} is missing in a fitted .*SeriesForecaster"):
        load(path)


def test_a_parameter_that_the_class_does_not_admit_is_refused(tmp_path: Path) -> None:
    path = saved_file(network(), tmp_path)
    rewritten(path, lambda node: node["attributes"].update(max_epochs="eval"))
    with pytest.raises(ValueError, match=r"max_epochs cannot be 'eval' in a stforecast\.est"):
        load(path)


def test_files_name_classes_by_their_public_path() -> None:
    rooms = {
        f"stforecast.{room}" for room in ("windows", "model_selection", "estimators", "series")
    }
    for name in schemas():
        if name.startswith("stforecast."):
            assert name.rpartition(".")[0] in rooms
