"""CNN and LSTM side by side: one input or two, three ways to join them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from stforecast.estimators import (
    CNNLSTMLayers,
    ParallelCNNLSTMClassifier,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
    Training,
)
from stforecast.exceptions import ShapeError
from stforecast.nn import (
    AverageWindow,
    EarlyFusion,
    FlattenWindow,
    FrameCNN,
    VolumeCNN,
    WeightedFusion,
)
from stforecast.windows import make_windows

ALL_SAMPLES = Training(validation_fraction=0)
LEAST = 53 if sklearn.__version__ >= "1.9" else 40


def small(kind: type = ParallelCNNLSTMForecaster, **params: Any) -> Any:
    quick = {"max_epochs": 2, "batch_size": 16, "random_state": 0, "device": "cpu"}
    alone = {"baseline": None} if kind is ParallelCNNLSTMForecaster else {}
    return kind(**{"filters": (4,), "hidden_channels": 6, **quick, **alone, **params})


def two_modalities(n: int = 160, seed: int = 0, lookback: int = 5) -> tuple[Any, Any]:
    """Maps and a table, each steady for ten steps, whose product is the target."""
    draw = np.random.default_rng(seed)
    sign, level = (np.repeat(draw.choice([-1.0, 1.0], n // 10), 10) for _ in range(2))
    maps = sign[:, None, None, None] + 0.3 * draw.normal(size=(n, 1, 2, 3))
    table = np.stack([level, draw.normal(size=n)], axis=1) + 0.3 * draw.normal(size=(n, 2))
    target = sign * level + 0.1 * draw.normal(size=n)
    X, y = make_windows(maps, lookback=5, horizon=1, target=target[:, None])
    Z, _ = make_windows(table, lookback=lookback, horizon=1)
    return X.with_parts({"station": Z[len(Z) - len(X) :]}), np.asarray(y)[:, 0]


def modules(model: Any) -> set[type]:
    return {type(module) for module in model.net_.module_.modules()}


@pytest.mark.checks
@pytest.mark.parametrize(
    "kind",
    [ParallelCNNLSTMForecaster, ParallelCNNLSTMClassifier],
    ids=lambda kind: kind.__name__,
)
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(kind) -> None:
    learns = kind(
        (8,), 1, 12, lr=0.03, max_epochs=20, batch_size=16, random_state=0, training=ALL_SAMPLES
    )
    checks = check_estimator(learns, on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= LEAST


@pytest.mark.parametrize("fusion", ["late", "weighted", "early"])
def test_both_modalities_are_read(fusion) -> None:
    X, y = two_modalities()
    model = small(layers=ParallelLayers(fusion, table="station")).fit(X, y)
    station = np.asarray(X.parts["station"])
    other_table = X.with_parts({"station": station[::-1].copy()})
    assert np.abs(model.predict(X) - model.predict(other_table)).max() > 1e-3
    other_maps = X[::-1].with_parts({"station": station})
    assert np.abs(model.predict(X) - model.predict(other_maps)).max() > 1e-3


def test_it_learns_what_neither_modality_tells_alone() -> None:
    X, y = two_modalities(600)
    layers = ParallelLayers(
        table="station", branches=CNNLSTMLayers(convolution="volume", pooling="flatten")
    )
    model = small(
        hidden_channels=24, layers=layers, max_epochs=25, lr=0.01, decoder="step",
        training=ALL_SAMPLES,
    ).fit(X[:500], y[:500])  # fmt: skip
    assert model.score(X[500:], y[500:]) > 0.5
    alone = small(hidden_channels=24, max_epochs=10, lr=0.01).fit(X[:500], y[:500])
    assert alone.score(X[500:], y[500:]) < 0.3


@pytest.mark.parametrize(
    ("layers", "module"),
    [
        (ParallelLayers("weighted", table="station"), WeightedFusion),
        (ParallelLayers("early", table="station"), EarlyFusion),
        (ParallelLayers(partial(WeightedFusion, features=3), table="station"), WeightedFusion),
        (
            ParallelLayers(branches=CNNLSTMLayers(pooling="flatten"), table="station"),
            FlattenWindow,
        ),
        (ParallelLayers(), None),
    ],
    ids=repr,
)
def test_each_choice_changes_the_forecast_and_names_a_module(layers, module) -> None:
    X, y = two_modalities()
    plain = small(layers=ParallelLayers(table="station")).fit(X, y)
    changed = small(layers=layers).fit(X, y)
    assert np.abs(plain.predict(X) - changed.predict(X)).max() > 1e-4
    assert AverageWindow in modules(plain)
    if module is not None:
        assert module in modules(changed)
        assert module not in modules(plain)


def test_flattened_branches_know_how_many_frames_pooling_leaves() -> None:
    X, y = two_modalities()
    branches = CNNLSTMLayers(convolution="volume", pool_size=(2, 1, 1), pooling="flatten")
    model = small(layers=ParallelLayers(branches=branches)).fit(X, y)
    window = next(m for m in model.net_.module_.modules() if isinstance(m, FlattenWindow))
    assert window.features == 4 * 2 * 6  # filters, two of five frames, cells
    whole = CNNLSTMLayers(convolution="volume", pooling="flatten")
    plain = small(layers=ParallelLayers(branches=whole)).fit(X, y)
    assert np.abs(model.predict(X) - plain.predict(X)).max() > 1e-4


def test_late_fusion_takes_a_table_of_another_lookback() -> None:
    X, y = two_modalities(lookback=3)
    model = small(layers=ParallelLayers(table="station")).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    with pytest.raises(ShapeError, match="the window has 5 and the part 'station' has 3"):
        small(layers=ParallelLayers("early", table="station")).fit(X, y)


def test_a_classifier_reads_two_modalities_too() -> None:
    X, y = two_modalities(400)
    signs = np.where(y > 0, "up", "down")
    layers = ParallelLayers(
        table="station", branches=CNNLSTMLayers(convolution="volume", pooling="flatten")
    )
    model = small(
        ParallelCNNLSTMClassifier, hidden_channels=24, layers=layers, max_epochs=40, lr=0.01,
        decoder="step", training=ALL_SAMPLES,
    ).fit(X[:300], signs[:300])  # fmt: skip
    assert accuracy_score(signs[300:], model.predict(X[300:])) > 0.75


def test_its_parts_are_searched() -> None:
    X, y = two_modalities(80)
    search = GridSearchCV(
        small(layers=ParallelLayers(table="station", branches=CNNLSTMLayers())),
        {"layers__fusion": ["late", "weighted"], "layers__branches__pooling": ["average"]},
        cv=2,
    )
    search.fit(X, y)
    late, weighted = search.cv_results_["mean_test_score"]
    assert abs(late - weighted) > 1e-5
    fusion = "late" if late > weighted else "weighted"
    branches = CNNLSTMLayers(pooling="average")
    model = small(layers=ParallelLayers(fusion, table="station", branches=branches)).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        (ParallelLayers("odd"), "layers__fusion must be 'early', 'late', 'weighted' or a callable"),
        (ParallelLayers("early"), "joins two inputs, but layers__table is None"),
        (ParallelLayers(table="radar"), r"the part 'radar', but the windows carry \['station'\]"),
        (
            ParallelLayers(branches=CNNLSTMLayers(attention="transformer")),
            "mixes steps, of which a CNN branch has none left",
        ),
        (ParallelLayers(branches=CNNLSTMLayers(pooling="odd")), "pooling must be"),
    ],
    ids=repr,
)
def test_what_layers_cannot_be(layers, match) -> None:
    with pytest.raises(ValueError, match=match):
        small(layers=layers).fit(*two_modalities(40))


def test_branches_keep_what_they_do_not_say() -> None:
    X, y = two_modalities(60)
    nothing, default = (
        small(layers=layers).fit(X, y)
        for layers in (None, ParallelLayers(branches=CNNLSTMLayers()))
    )
    np.testing.assert_array_equal(nothing.predict(X), default.predict(X))
    assert {VolumeCNN, AverageWindow} <= modules(nothing)
    normed = small(layers=ParallelLayers(branches=CNNLSTMLayers(batch_norm=True))).fit(X, y)
    assert modules(normed) == modules(nothing) | {nn.BatchNorm3d}


def test_branches_do_what_they_say() -> None:
    X, y = two_modalities(60)
    branches = CNNLSTMLayers(convolution="frame", pooling="flatten")
    model = small(layers=ParallelLayers(branches=branches)).fit(X, y)
    assert {FrameCNN, FlattenWindow} <= modules(model)
    assert not {VolumeCNN, AverageWindow} & modules(model)
    assert repr(branches) == "CNNLSTMLayers(convolution='frame', pooling='flatten')"
