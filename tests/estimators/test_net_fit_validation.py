"""Windows that are passed to decide when to stop: they decide, and are not trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from stforecast.estimators import (
    BoundedDecoder,
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    LSTMClassifier,
    LSTMForecaster,
    MonteCarloDropout,
    RelativeForecaster,
    SeedEnsemble,
    Training,
)
from stforecast.exceptions import ShapeError
from stforecast.model_selection import OriginSplit
from stforecast.persistence import load, save
from stforecast.windows import Crop, FoldTime, make_windows
from tests.estimators.data import (
    ALL_SAMPLES,
    map_windows,
    noise,
    same_weights,
    small,
    table_windows,
)

X, y = table_windows()
X_VAL, Y_VAL = make_windows(noise(40, seed=1), lookback=5, horizon=2)
JUDGES = {"X_val": X_VAL, "y_val": Y_VAL}
PATIENT = {"training": Training(patience=9), "max_epochs": 4}


def test_all_of_x_is_trained_on_and_none_of_x_val():
    judged = small(**PATIENT).fit(X, y, **JUDGES)
    everything = small(training=ALL_SAMPLES, max_epochs=4).fit(X, y)
    pd.testing.assert_series_equal(judged.history_["train_loss"], everything.history_["train_loss"])


def test_the_loss_that_decides_is_that_of_x_val():
    model = small(**PATIENT).fit(X, y, **JUDGES)
    errors = (model.predict(X_VAL) - Y_VAL) / np.asarray(y).std(axis=0)
    best = model.history_["valid_loss"].min()
    assert best == pytest.approx(np.mean(errors**2), rel=0.1)
    other = small(**PATIENT).fit(X, y, X_val=X_VAL, y_val=Y_VAL[::-1])
    assert not np.allclose(model.history_["valid_loss"], other.history_["valid_loss"])


def test_the_best_epoch_on_x_val_is_kept():
    """Targets of the other sign: every epoch of training is worse for them than the first."""
    t = np.arange(120)
    X, y = make_windows(np.sin(t / 3), lookback=6, horizon=1)
    patient = {"training": Training(patience=9), "max_epochs": 10, "lr": 0.01}
    model = small(**patient).fit(X, y, X_val=X, y_val=-y)
    first = small(training=ALL_SAMPLES, max_epochs=1, lr=0.01).fit(X, y)
    assert model.history_["valid_loss"].idxmin() == 1
    assert same_weights(model, first)


def test_there_is_no_second_fit():
    model = small(training=Training(refit=True), max_epochs=3).fit(X, y, **JUDGES)
    assert model.history_["valid_loss"].notna().all()
    assert same_weights(model, small(max_epochs=3).fit(X, y, **JUDGES))


def test_a_fraction_of_nothing_does_not_matter():
    one = small(max_epochs=3, training=ALL_SAMPLES).fit(X, y, **JUDGES)
    assert same_weights(one, small(max_epochs=3).fit(X, y, **JUDGES))


@pytest.mark.parametrize(("sign", "share"), [(1, True), (-1, False)])
def test_x_val_decides_which_share_of_the_network_counts(sign, share):
    """The network learns the swing of the series, which X_val has, or has the other way up."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(400, 4, 1))
    y = (np.abs(x[:, -1]) - 0.5) * 2
    network = LSTMForecaster(
        16, baseline="ridge", max_epochs=30, lr=0.02, random_state=0, device="cpu"
    )
    network.fit(x[:300], y[:300], X_val=x[300:], y_val=sign * y[300:])
    assert (network.network_share_ > 0) is share
    if share:
        assert network.network_gain_ > 0.5


def test_arrays_frames_and_maps_judge_too():
    windows = np.asarray(X)
    as_windows, as_array = (
        small().fit(windows, y, X_val=one, y_val=pd.DataFrame(Y_VAL)).history_["valid_loss"]
        for one in (X_VAL, np.asarray(X_VAL))
    )
    pd.testing.assert_series_equal(as_windows, as_array)
    maps, targets = map_windows()
    judges = {"X_val": maps[24:], "y_val": targets[24:]}
    model = small(ConvLSTMForecaster).fit(maps[:20], targets[:20], **judges)
    assert "valid_loss" in model.history_


def test_classes_are_judged_by_x_val():
    labels = np.where(np.asarray(X)[:, -1, 0] > 0, "up", "down")
    truth = np.where(np.asarray(X_VAL)[:, -1, 0] > 0, "up", "down")
    model = LSTMClassifier(4, max_epochs=6, random_state=0, device="cpu")
    found = clone(model).fit(X, labels, X_val=X_VAL, y_val=truth)
    swapped = clone(model).fit(X, labels, X_val=X_VAL, y_val=truth[::-1])
    assert found.history_["valid_loss"].min() < swapped.history_["valid_loss"].min()
    found.partial_fit(X, labels, X_val=X_VAL, y_val=truth)
    with pytest.raises(ValueError, match="y_val holds the class 'sideways', which is none of"):
        clone(model).fit(X, labels, X_val=X_VAL, y_val=["sideways"] * len(X_VAL))


def test_training_further_is_judged_by_x_val():
    model = small().fit(X, y).partial_fit(X, y, **JUDGES)
    again = small(training=Training(warm_start=True)).fit(X, y)
    again.fit(X, y, **JUDGES)
    assert same_weights(model, again)


def test_residuals_of_a_baseline_are_judged_when_training_goes_on():
    model = small(baseline="ridge").fit(X, y)
    model.partial_fit(X, y, **JUDGES)
    assert "valid_loss" in model.history_


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_a_pipeline_changes_x_val_as_it_changes_x():
    X, y = make_windows(noise(90), lookback=8, horizon=2)
    X_val, y_val = make_windows(noise(50, seed=1), lookback=8, horizon=2)
    network = small(CNNLSTMForecaster)
    fold = FoldTime(width=2)
    by_hand = clone(network).fit(fold.fit_transform(X), y, X_val=fold.transform(X_val), y_val=y_val)
    asking = clone(network).set_fit_request(X_val=True, y_val=True)
    pipe = Pipeline([("fold", FoldTime(width=2)), ("net", asking)], transform_input=["X_val"])
    assert same_weights(clone(pipe).fit(X, y, X_val=X_val, y_val=y_val)["net"], by_hand)


@pytest.mark.usefixtures("routing")
def test_every_fit_of_a_search_is_judged_by_the_whole_x_val():
    asking = small().set_fit_request(X_val=True, y_val=True)
    search = GridSearchCV(asking, {"hidden_channels": [2, 3]}, cv=OriginSplit(2))
    search.fit(X, y, **JUDGES)
    best = small(hidden_channels=search.best_params_["hidden_channels"]).fit(X, y, **JUDGES)
    assert same_weights(search.best_estimator_, best)


def test_without_routing_a_step_is_named():
    pipe = Pipeline([("crop", Crop(4)), ("net", small())])
    cut = Crop(4).fit(X).transform(X_VAL)
    pipe.fit(X, y, net__X_val=cut, net__y_val=Y_VAL)
    assert "valid_loss" in pipe["net"].history_


def test_wrappers_hand_x_val_on():
    ensemble = SeedEnsemble(small(), 2, random_state=0).fit(X, y, **JUDGES)
    first = ensemble.estimators_[0]
    assert same_weights(first, clone(first).fit(X, y, **JUDGES))
    dropping = MonteCarloDropout(small(dropout=0.5), 2, random_state=0).fit(X, y, **JUDGES)
    assert "valid_loss" in dropping.estimator_.history_


def test_x_val_is_relative_to_its_own_levels():
    rising, far = (noise(60) + 100, noise(60, seed=1) - 900)
    X, y = make_windows(rising, lookback=5, horizon=2)
    X_val, y_val = make_windows(far, lookback=5, horizon=2)
    near = make_windows(far + 1000, lookback=5, horizon=2)
    for wrapped in (small(), make_pipeline(Crop(4), small())):
        model = RelativeForecaster(wrapped).fit(X, y, X_val=X_val, y_val=y_val)
        other = RelativeForecaster(wrapped).fit(X, y, X_val=near[0], y_val=near[1])
        losses = [
            (one.estimator_[-1] if hasattr(one.estimator_, "steps") else one.estimator_).history_
            for one in (model, other)
        ]
        np.testing.assert_allclose(losses[0]["valid_loss"], losses[1]["valid_loss"], rtol=1e-4)


def test_nothing_of_x_val_is_kept(tmp_path):
    model = small().fit(X, y, **JUDGES)
    save(model, tmp_path / "model.stf")
    np.testing.assert_array_equal(load(tmp_path / "model.stf").predict(X), model.predict(X))
    assert model.net_.train_split is None


MASKED = make_windows(
    np.where(noise(40) > 2, np.nan, noise(40)), lookback=5, horizon=2, missing="mask"
)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"X_val": X_VAL}, "must come together, but y_val is None. Pass both"),
        ({"y_val": Y_VAL}, "must come together, but X_val is None. Pass both"),
        ({"X_val": X_VAL[:5], "y_val": Y_VAL}, "inconsistent numbers of samples"),
        (
            dict(
                zip(("X_val", "y_val"), make_windows(noise(40), lookback=4, horizon=2), strict=True)
            ),
            r"X_val must hold windows of shape \(5, 2\) as X does, got \(4, 2\). Make both alike",
        ),
        ({"X_val": X_VAL, "y_val": Y_VAL[:, :2]}, "y_val must have 4 columns, .*, got 2"),
        ({"X_val": X_VAL, "y_val": np.full_like(Y_VAL, np.nan)}, "contains NaN"),
        ({"X_val": MASKED[0], "y_val": MASKED[1]}, "must both be masked, or neither"),
    ],
    ids=["no targets", "no windows", "fewer", "lookback", "columns", "NaN", "mask"],
)
def test_windows_that_cannot_judge_are_an_error(given, match):
    with pytest.raises(ValueError, match=match):
        small().fit(X, y, **given)


def test_parts_must_be_there_in_x_val():
    known = {"known": np.arange(80.0)[:, None]}
    X, y = make_windows(noise(80), lookback=5, horizon=2, **known)
    with pytest.raises(ShapeError, match="carried part 'known'"):
        small().fit(X, y, X_val=X_VAL, y_val=Y_VAL)


def test_targets_that_judge_lie_within_the_bounds():
    network = small(decoder=BoundedDecoder(bounds=(-10, 10)))
    network.fit(X, y, **JUDGES)
    with pytest.raises(ValueError, match=r"Targets must lie within \(-10, 10\), the bounds"):
        network.fit(X, y, X_val=X_VAL, y_val=Y_VAL + 100)
