"""Classifiers: what they learn, what they hold back, and scikit-learn's own checks."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.estimator_checks import check_estimator

from stforecast._training.holdout import stratified_part
from stforecast.estimators import (
    CNNLSTMClassifier,
    ConvLSTMClassifier,
    LSTMClassifier,
    Training,
)
from stforecast.estimators._classifier import WeightedCrossEntropy, _class_weights
from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.windows import make_windows
from tests.estimators.data import same_weights

SIZES: dict[type, dict[str, Any]] = {
    LSTMClassifier: {"hidden_channels": 8},
    ConvLSTMClassifier: {"hidden_channels": 4, "kernel_size": 1},
    CNNLSTMClassifier: {"filters": (8,), "hidden_channels": 8},
}
KINDS = tuple(SIZES)
ALL_SAMPLES = Training(validation_fraction=0)
LEAST = 55 if sklearn.__version__ >= "1.9" else 40


def small(kind: type = LSTMClassifier, **params: Any) -> Any:
    quick = {"max_epochs": 2, "batch_size": 16, "random_state": 0, "device": "cpu"}
    return kind(**{**SIZES[kind], **quick, **params})


def clips(n: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A spot that moves left or right from anywhere: no single frame tells which."""
    draw = np.random.default_rng(seed)
    start, right = draw.integers(6, size=n), draw.integers(2, size=n)
    X = 0.1 * draw.normal(size=(n, 5, 1, 2, 6))
    for t in range(5):
        X[np.arange(n), t, 0, :, (start + np.where(right, t, -t)) % 6] += 1.0
    return X, np.where(right, "right", "left")


@pytest.mark.checks
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(kind) -> None:
    sizes = SIZES[kind] | ({"hidden_channels": 8} if kind is ConvLSTMClassifier else {})
    learns = kind(
        **sizes, lr=0.03, max_epochs=15, batch_size=16, random_state=0, training=ALL_SAMPLES
    )
    checks = check_estimator(learns, on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= LEAST


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_learns_a_motion_that_no_single_frame_tells(kind) -> None:
    (X, y), (held, truth) = clips(), clips(60, seed=1)
    params = {"hidden_channels": 12, "max_epochs": 40, "lr": 0.02, "training": ALL_SAMPLES}
    if kind is ConvLSTMClassifier:
        params["kernel_size"] = 3
    model = small(kind, **params).fit(X, y)
    assert accuracy_score(truth, model.predict(held)) > 0.9
    assert accuracy_score(truth, model.predict(held[:, ::-1])) < 0.1


def test_probabilities_follow_the_sorted_classes_and_add_up_to_one() -> None:
    X, y = clips()
    model = small(max_epochs=10).fit(X, y)
    probabilities = model.predict_proba(X)
    assert model.classes_.tolist() == ["left", "right"]
    assert_allclose(probabilities.sum(axis=1), 1)
    assert_array_equal(model.predict(X), model.classes_[probabilities.argmax(axis=1)])


def test_units_do_not_matter() -> None:
    X, y = clips()
    one, other = (small().fit(data, y).predict_proba(data) for data in (X, 1000 * X + 5000))
    assert_allclose(one, other, atol=1e-4)


def test_windows_and_arrays_give_the_same_model() -> None:
    table, label = np.random.default_rng(0).normal(size=(80, 2)), np.arange(80) % 3
    X, y = make_windows(table, lookback=6, horizon=0, target=label, stride=6)
    lazy = small(training=ALL_SAMPLES).fit(X, y)
    dense = small(training=ALL_SAMPLES).fit(np.asarray(X), np.asarray(y))
    assert_allclose(lazy.predict_proba(X), dense.predict_proba(np.asarray(X)), atol=1e-5)


def test_fits_with_one_seed_are_identical_and_pickle() -> None:
    X, y = clips(40)
    one, other = small().fit(X, y), small().fit(X, y)
    assert same_weights(one, other)
    again = pickle.loads(pickle.dumps(one))
    assert_array_equal(again.predict_proba(X), one.predict_proba(X))
    assert not same_weights(one, small(random_state=1).fit(X, y))


@pytest.mark.parametrize("weight", ["balanced", {"rare": 9.0}], ids=str)
def test_class_weights_bring_the_rare_class_forward(weight) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 4, 1))
    rare = np.arange(300) % 10 == 0
    X[rare] += 0.7
    y = np.where(rare, "rare", "usual")
    plain, weighted = (
        small(max_epochs=15, lr=0.01, class_weight=one).fit(X, y) for one in (None, weight)
    )
    assert weighted.predict_proba(X)[:, 0].mean() > 2 * plain.predict_proba(X)[:, 0].mean()


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    y = np.repeat([0, 1, 2], [5, 20, 75])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    assert_allclose(_class_weights("balanced", np.array(["a", "b", "c"]), y), expected)
    assert _class_weights(None, np.array(["a", "b", "c"]), y) is None


def test_the_weighted_loss_is_the_weighted_mean() -> None:
    draw = np.random.default_rng(0)
    scores, labels = draw.normal(size=(7, 3)), draw.integers(3, size=7)
    weights = np.array([0.5, 1.0, 2.0])
    likely = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    expected = -(weights[labels] * likely[np.arange(7), labels]).mean()
    loss = WeightedCrossEntropy(weights)(torch.tensor(scores), torch.tensor(labels))
    assert_allclose(loss.item(), expected, rtol=1e-6)


def test_the_part_held_back_has_the_classes_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    train, valid = stratified_part(labels, None, 0.2, seed=0)
    assert np.bincount(labels[valid]).tolist() == [20, 10, 2]
    assert sorted([*train, *valid]) == list(range(160))
    assert stratified_part(labels, None, 0.2, seed=1)[1].tolist() != valid.tolist()
    assert stratified_part(labels, None, 0.2, seed=0)[1].tolist() == valid.tolist()


def test_no_group_is_on_both_sides_and_no_class_left_out_of_training() -> None:
    groups = np.repeat(np.arange(12), 10)
    labels = (groups % 3 == 0).astype(int)
    for seed in range(5):
        train, valid = stratified_part(labels, groups, 0.25, seed)
        assert len(valid) == 30
        assert not set(groups[train]) & set(groups[valid])
        assert set(labels[train]) == {0, 1}
        assert labels[valid].any()


@pytest.mark.parametrize(
    ("labels", "groups", "fraction"),
    [
        ([0, 1, 0, 1], None, 0),
        ([0, 0, 1, 1], [1, 1, 2, 2], 0.5),
        ([0, 1], [1, 1], 0.5),
        ([0, 1, 0, 1], None, 1.0),
        ([0, 1, 0, 1], None, 5 / 4),
        ([0, 1, 0, 1], [1, 1, 2, 2], 0.6),
        ([0, 1, 0, 1], [1, 1, 2, 2], 3 / 2),
    ],
)
def test_nothing_is_held_back_where_it_would_be_missed(labels, groups, fraction) -> None:
    train, valid = stratified_part(np.array(labels), groups, fraction, seed=0)
    assert train.tolist() == list(range(len(labels)))
    assert not len(valid)


@pytest.mark.parametrize("count", [24, 30])
@pytest.mark.parametrize("groups", [None, np.arange(24) // 12])
def test_a_number_as_large_as_the_samples_holds_nothing_back(count, groups) -> None:
    X, y = clips(24)
    model = small(max_epochs=2, training=Training(validation_fraction=count))
    assert "valid_loss" not in model.fit(X, y, groups=groups).history_


def test_a_number_of_groups_is_that_many() -> None:
    groups = np.repeat(np.arange(49), 4)
    labels = np.tile([0, 1], 98)
    for count in (1, 3, 48):
        _, valid = stratified_part(labels, groups, count / 49, seed=0)
        assert len(np.unique(groups[valid])) == count


def test_groups_decide_what_is_held_back() -> None:
    X, y = clips()
    groups = np.arange(120) // 12
    plain, grouped = small().fit(X, y), small().fit(X, y, groups=groups)
    assert "valid_loss" in grouped.history_
    assert not same_weights(plain, grouped)


def test_a_search_by_group_reaches_its_parameters() -> None:
    X, y = clips(60)
    search = GridSearchCV(small(), {"hidden_channels": [2, 4]}, cv=GroupKFold(2))
    search.fit(X, y, groups=np.arange(60) // 10)
    assert search.best_params_["hidden_channels"] in {2, 4}
    scores = cross_val_score(small(), X, y, cv=2, scoring="neg_log_loss")
    assert np.isfinite(scores).all()


def test_further_training_takes_windows_like_those_of_fit_only() -> None:
    labels = np.arange(60) % 2
    series = np.sin(np.arange(60.0))
    X, y = make_windows(series, lookback=4, horizon=0, target=labels)
    masked, _ = make_windows(series, lookback=4, horizon=0, target=labels, missing="mask")
    static = X.with_parts({"static": np.ones((len(X), 2))})
    model = small().fit(static, y)
    with pytest.raises(ShapeError, match=r"part .static. \(2,\) in fit and must carry it now"):
        model.partial_fit(X, y)
    model = small().fit(X, y)
    with pytest.raises(ShapeError, match="windows of fit were not masked, and these must be"):
        model.partial_fit(masked, y)
    model.partial_fit(X, y)


def test_partial_fit_goes_on_and_knows_classes_that_are_to_come() -> None:
    X, y = clips(60)
    left = y == "left"
    model = small().partial_fit(X[left], y[left], classes=["left", "right"])
    model.partial_fit(X, y)
    assert len(model.history_) == 4
    assert model.predict_proba(X).shape == (60, 2)
    with pytest.raises(ValueError, match=r"the class 'up', which is none of .*'left', 'right'"):
        model.partial_fit(X[:2], ["up", "left"])


def test_an_epoch_with_a_checkpoint_is_gone_on_from(tmp_path) -> None:
    X, y = clips(60)
    training = Training(checkpoint=tmp_path)
    short = small(training=training, max_epochs=2).fit(X, y)
    resumed = small(training=training, max_epochs=4).fit(X, y)
    assert same_weights(resumed, small(max_epochs=4).fit(X, y))
    assert not same_weights(short, resumed)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (
            {"class_weight": "even"},
            "class_weight must be a dict of weights of at least 0, 'balanced' or None",
        ),
        ({"class_weight": {"up": 2}}, "class_weight names 'up', which is none of the classes"),
        (
            {"class_weight": {"left": -1}},
            "class_weight must be a dict of weights of at least 0.*got {'left': -1}",
        ),
        (
            {"class_weight": {"left": "x"}},
            "class_weight must be a dict of weights.* got {'left': 'x'}",
        ),
        (
            {"training": Training(loss="mae")},
            "training__loss must be left out.*cross-entropy, got 'mae'. Say by class_weight",
        ),
        ({"lr": 0}, "lr must be a number"),
    ],
    ids=str,
)
def test_what_a_parameter_cannot_be(params, match) -> None:
    with pytest.raises(ValueError, match=match):
        small(**params).fit(*clips(20))


def test_what_the_data_cannot_be() -> None:
    X, y = clips(20)
    with pytest.raises(ValueError, match="target y is None"):
        small().fit(X, None)
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit(X, np.linspace(0, 1, 20))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit(X, y, groups=[1, 2])
    model = small().fit(X, y)
    with pytest.raises(ShapeError, match="windows of shape"):
        model.predict(X[..., :5])
    series, labels = np.random.default_rng(0).normal(size=(30, 1)), np.arange(30) % 2
    lazy, classes = make_windows(series, lookback=5, horizon=0, target=labels)
    lazy = replace(lazy, base=np.where(np.arange(30)[:, None] == 7, np.nan, series))
    with pytest.raises(MissingValuesError, match="must hold finite numbers"):
        clone(model).fit(lazy, classes)


@pytest.mark.parametrize("shape", [(120, 7, 1), (120, 2)], ids=["three axes", "a column a class"])
def test_labels_with_more_axes_are_refused_with_a_call_that_works(shape):
    X, labels = clips()
    y = np.zeros(shape)
    y[np.arange(120), np.unique(labels, return_inverse=True)[1]] = 1
    with pytest.raises(ShapeError, match=r"y must hold one class .*, got \(120, .*: y\.argmax\("):
        small().fit(X, y)
    small().fit(X, y.reshape(120, -1).argmax(axis=-1))
