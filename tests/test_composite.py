"""Parameters of parts can be set and searched while the part is None or a short name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast import SeriesForecaster
from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    CNNLSTMLayers,
    Compute,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    FrameAugmentation,
    LSTMForecaster,
    LSTMLayers,
    NormCell,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
    QuantileDecoder,
    RolloutDecoder,
    SqueezeExciteAttention,
    StepDecoder,
    Training,
    TransformerAttention,
)
from stforecast.windows import Framewise
from tests.estimators.data import map_windows, small, table_windows

# an estimator, what is set, and where the part that takes it then stands
SET: list[tuple[Any, dict[str, Any], str, Any]] = [
    (LSTMForecaster(), {"layers__num_layers": 2}, "layers", LSTMLayers(num_layers=2)),
    (ConvLSTMForecaster(), {"layers__cell": "peephole"}, "layers", ConvLSTMLayers("peephole")),
    (CNNLSTMForecaster(), {"layers__pool_size": 2}, "layers", CNNLSTMLayers(pool_size=2)),
    (CNNLSTMClassifier(), {"layers__pool_size": 2}, "layers", CNNLSTMLayers(pool_size=2)),
    (
        ParallelCNNLSTMForecaster(),
        {"layers__branches__batch_norm": True},
        "layers",
        ParallelLayers(branches=CNNLSTMLayers(batch_norm=True)),
    ),
    (LSTMForecaster(), {"training__ema": 0.9}, "training", Training(ema=0.9)),
    (
        LSTMForecaster(),
        {"training__compute__pieces": 2},
        "training",
        Training(compute=Compute(pieces=2)),
    ),
    (LSTMForecaster(), {"decoder__hidden": 8}, "decoder", DenseDecoder(hidden=8)),
    (LSTMForecaster(decoder="step"), {"decoder__hidden": 8}, "decoder", StepDecoder(8)),
    (
        LSTMForecaster(),
        {"decoder__hidden": 8, "decoder": "step"},
        "decoder",
        StepDecoder(8),
    ),
    (
        LSTMForecaster(decoder=QuantileDecoder()),
        {"decoder__decoder__hidden": 8},
        "decoder",
        QuantileDecoder(decoder=DenseDecoder(8)),
    ),
    (
        ConvLSTMForecaster(decoder="rollout", layers=ConvLSTMLayers("norm")),
        {"decoder__kernel_size": 5, "layers__cell__groups": 2},
        "layers__cell",
        NormCell(2),
    ),
    (
        RolloutDecoder(cell="norm"),
        {"cell__groups": 2},
        "cell",
        NormCell(2),
    ),
    (
        ConvLSTMForecaster(),
        {"layers__augmentation__crop": 1},
        "layers__augmentation",
        FrameAugmentation(1),
    ),
    (
        CNNLSTMLayers(attention="squeeze_excite"),
        {"attention__reduction": 2},
        "attention",
        SqueezeExciteAttention(2),
    ),
    (
        CNNLSTMForecaster(),
        {"layers__attention": "transformer", "layers__attention__heads": 1},
        "layers__attention",
        TransformerAttention(1),
    ),
    (
        Framewise(),
        {"transformer__with_mean": False},
        "transformer",
        StandardScaler(with_mean=False),
    ),
    (
        SeriesForecaster(make_pipeline(LSTMForecaster()), lookback=3),
        {"estimator__lstmforecaster__layers__num_layers": 2},
        "estimator__lstmforecaster__layers",
        LSTMLayers(num_layers=2),
    ),
]


@pytest.mark.parametrize(("model", "params", "place", "part"), SET, ids=str)
def test_a_part_takes_the_place_of_none_or_a_name(model, params, place, part) -> None:
    changed = clone(model).set_params(**params)
    assert repr(changed.get_params()[place]) == repr(part)
    given = {name: value for name, value in params.items() if f"{name}__" not in " ".join(params)}
    assert given.items() <= changed.get_params().items()


def test_a_part_that_is_there_keeps_its_other_parameters() -> None:
    model = LSTMForecaster(training=Training(patience=3)).set_params(training__ema=0.9)
    assert repr(model.training) == repr(Training(patience=3, ema=0.9))


def test_parts_are_not_shared_between_estimators() -> None:
    one, other = (LSTMForecaster().set_params(training__ema=0.5) for _ in range(2))
    other.set_params(training__ema=0.9)
    assert one.training.ema == 0.5


def test_grids_go_through_parts_that_were_not_given() -> None:
    X, y = map_windows()
    grid = {
        "layers__cell": ["plain", "peephole"],
        "decoder__hidden": [None, 3],
        "training__compute__pieces": [1, 2],
    }
    search = GridSearchCV(small(ConvLSTMForecaster), grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.cv_results_["params"]) == 8
    best = search.best_estimator_.get_params()
    assert search.best_params_.items() <= best.items()


def test_what_was_set_is_in_the_network() -> None:
    X, y = table_windows()
    model = small().set_params(layers__num_layers=3, decoder__hidden=5).fit(X, y)
    assert len(model.net_.module_.backbone.layers) == 3
    assert model.net_.module_.head.out.in_features == 5


@pytest.mark.parametrize(
    ("model", "params", "match"),
    [
        (
            ConvLSTMForecaster(),
            {"layers__cell__groups": 2},
            r"cell__groups cannot be set, since cell='plain' has no parameters. Set cell to .*Norm",
        ),
        (
            CNNLSTMForecaster(),
            {"layers__attention__heads": 2},
            r"since attention=None has no parameters. Set attention .*TransformerAttention\(\)",
        ),
        (LSTMForecaster(decoder="odd"), {"decoder__hidden": 2}, "since decoder='odd' has no par"),
        (LSTMForecaster(training=Training), {"training__ema": 0.5}, "training=<class.*no param"),
        (LSTMForecaster(), {"layers__depth": 2}, "Invalid parameter 'depth' for estimator LSTML"),
        (LSTMForecaster(), {"layer__num_layers": 2}, "Invalid parameter 'layer' for estimator"),
    ],
    ids=str,
)
def test_what_has_no_such_parameter_says_what_has(model, params, match) -> None:
    with pytest.raises(ValueError, match=match):
        model.set_params(**params)
