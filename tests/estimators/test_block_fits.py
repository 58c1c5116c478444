"""A network on a baseline: what it learns, which share of it counts, and what still works."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from stforecast.estimators import (
    Baseline,
    ConvLSTMForecaster,
    DampedAnomaly,
    LSTMForecaster,
    MonteCarloDropout,
    Persistence,
    QuantileDecoder,
    SeedEnsemble,
    StackedBaseline,
    StencilForecaster,
    Training,
    WindowRidge,
    _block_fits,
)
from stforecast.estimators._training_blocks import training_blocks
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.model_selection import OriginSplit
from stforecast.persistence import load, save
from stforecast.windows import Crop, FoldTime, make_windows
from tests.estimators.data import ALL_SAMPLES, FORECASTERS, small, walk, weights, windows


def tent(rows: int = 500) -> np.ndarray:
    """Chaos that no line forecasts and a small network does."""
    values = [0.3]
    for _ in range(rows - 1):
        values.append(1.9 * min(values[-1], 1 - values[-1]))
    return np.array(values)


LEARNS = {"hidden_channels": 16, "lr": 0.02, "max_epochs": 20, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def chaos():
    X, y = make_windows(tent(), lookback=3)
    baseline = Baseline("ridge", form="residuals")
    return X, y, LSTMForecaster(baseline=baseline, **LEARNS).fit(X[:400], y[:400])


@pytest.mark.parametrize("kind", FORECASTERS)
def test_nothing_is_added_where_nothing_can_be(kind):
    X, y = windows()
    model = small(kind, baseline="ridge", max_epochs=5).fit(X, y)
    assert model.network_share_ == 0.0
    assert model.network_gain_ == 0.0
    assert_allclose(model.predict(X), WindowRidge().fit(X, y).predict(X), rtol=0, atol=1e-10)


def test_a_network_that_adds_gets_its_share(chaos):
    X, y, model = chaos
    assert model.network_share_ >= 0.8
    assert model.network_gain_ > 0.5
    truth = y[402:].ravel()
    errors = [
        np.abs(one.predict(X[402:]).ravel() - truth).mean() for one in (model, model.baseline_)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_forecasts_are_the_baseline_and_the_share_of_the_correction(chaos):
    X, _, model = chaos
    network = model.network_.forecasts(model._outputs(X))[..., 0]
    expected = model.baseline_.predict(X).reshape(len(X), -1) + model.network_share_ * network
    assert_allclose(model.predict(X).reshape(expected.shape), expected, rtol=0, atol=1e-12)


def test_the_network_is_trained_on_all_windows_for_the_epochs_found(chaos):
    X, y, model = chaos
    left = y[:400] - model.baseline_.predict(X[:400]).reshape(-1, 1)
    epochs = len(model.history_)
    assert 1 <= epochs <= 20
    alone = LSTMForecaster(baseline=None, training=ALL_SAMPLES, **{**LEARNS, "max_epochs": epochs})
    alone.fit(X[:400], left)
    for name, value in weights(alone).items():
        assert_array_equal(weights(model)[name], value)


def test_the_history_holds_the_losses_on_blocks(chaos):
    losses = chaos[2].history_["valid_loss"]
    assert losses.notna().all()
    assert losses.idxmin() == len(losses)


def test_all_epochs_are_trained_where_nothing_is_to_be_held_back():
    X, y = windows()
    model = small(baseline="ridge", max_epochs=7, training=ALL_SAMPLES).fit(X, y)
    assert len(model.history_) == 7


@pytest.mark.parametrize("form", ["residuals", "targets", None])
def test_nothing_that_is_fitted_sees_the_targets_of_its_block(form, monkeypatch):
    X, y = windows()
    seen = []
    run = _block_fits.run_epochs

    def noted(net, samples, *rest, **params):
        run(net, samples, *rest, **params)
        seen[-1].append([p.detach().numpy().copy() for p in net.module_.parameters()])

    monkeypatch.setattr(_block_fits, "run_epochs", noted)
    monkeypatch.setattr(_block_fits, "has_gain", lambda _: True)
    model = small(baseline=Baseline("ridge", blocks=3, form=form), max_epochs=1)
    pairs = training_blocks(X, 3, 0)
    assert len(pairs) == 3
    for train, block in pairs:
        gap = np.setdiff1d(np.arange(len(X)), train)
        poisoned = y.to_numpy().copy()
        poisoned[gap] += 1e6
        for targets in (y.to_numpy(), poisoned):
            seen.append([])
            model.fit(X, targets)
        which = next(i for i, (_, other) in enumerate(pairs) if other is block)
        # blocks come from the latest to the first; both forms are tried on the latest one before
        trials = [len(pairs) - 1 - which] if form else [0, 1] if which == len(pairs) - 1 else []
        for trial in trials:
            for ours, theirs in zip(seen[-2][trial], seen[-1][trial], strict=True):
                assert_array_equal(ours, theirs)


def test_few_windows_have_fewer_blocks_then_none():
    series = [windows(walk(rows))[0] for rows in (160, 18, 10)]
    counts = [len(training_blocks(X, 3, 0)) for X in series]
    assert counts[0] == 3
    assert counts[-1] == 0
    assert sorted(counts, reverse=True) == counts
    X, y = windows(walk(10))
    model = small(baseline="ridge").fit(X, y)
    assert model.network_share_ == 0.0
    assert np.isnan(model.network_gain_)
    assert_allclose(model.predict(X), model.baseline_.predict(X), rtol=0, atol=1e-10)


def test_targets_are_averaged_with_the_baseline_where_the_network_learns_them():
    X, y = windows(tent()[:, None])
    model = LSTMForecaster(baseline=Baseline("ridge", form="targets"), **LEARNS).fit(X, y)
    network = model.network_.forecasts(model._outputs(X))[..., 0]
    share, base = model.network_share_, model.baseline_.predict(X)
    assert share > 0
    assert_allclose(model.predict(X), (1 - share) * base + share * network, rtol=0, atol=1e-12)
    epochs = len(model.history_)
    alone = LSTMForecaster(baseline=None, training=ALL_SAMPLES, **{**LEARNS, "max_epochs": epochs})
    assert_allclose(alone.fit(X, y).predict(X), network, rtol=0, atol=1e-12)


@pytest.mark.parametrize("decoder", ["dense", "rollout"])
def test_maps_may_stand_on_a_stencil(decoder):
    maps = np.random.default_rng(0).normal(size=(60, 1, 4, 5)).cumsum(axis=0)
    X, y = make_windows(maps, lookback=4, horizon=2)
    model = small(ConvLSTMForecaster, baseline="stencil", decoder=decoder).fit(X, y)
    assert isinstance(model.baseline_, StencilForecaster)
    assert model.predict(X).shape == (len(X), 40)
    assert model.network_share_ == 0.0


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("targets", [True, False])
def test_networks_of_maps_learn_what_is_clearly_better(targets, many, monkeypatch):
    if many:
        monkeypatch.setattr(_block_fits, "FEW_WINDOWS", 10)
    monkeypatch.setattr(_block_fits, "is_clearly_better", lambda *_: targets)
    maps = np.random.default_rng(0).normal(size=(60, 1, 3, 4)).cumsum(axis=0)
    model = small(ConvLSTMForecaster, baseline="persistence").fit(*make_windows(maps, lookback=4))
    assert model.blend_.residuals == (not targets)


def test_folded_tables_stand_on_the_rows_as_they_were_made():
    X, y = windows(lookback=8)
    plain = small(ConvLSTMForecaster, baseline="auto").fit(X, y)
    pipe = make_pipeline(Crop(4), FoldTime(width=2), small(ConvLSTMForecaster, baseline="auto"))
    pipe.fit(X, y)
    assert isinstance(pipe[-1].baseline_, WindowRidge)
    assert_array_equal(pipe[-1].baseline_.coef_, plain.baseline_.coef_)


def test_arrays_of_what_a_transformer_gave_are_no_rows_of_a_series():
    X, y = windows(lookback=8)
    folded = FoldTime(width=2).fit_transform(X)
    model = small(ConvLSTMForecaster, baseline="ridge").fit(folded, y)
    with pytest.raises(ShapeError, match="reads windows as make_windows made them, of shape"):
        model.predict(np.asarray(folded))


def test_every_forecaster_stands_on_a_ridge_as_it_comes():
    X, y = windows()
    for kind in FORECASTERS:
        assert kind().baseline == "auto"
        assert isinstance(small(kind, baseline=kind().baseline).fit(X, y).baseline_, WindowRidge)


def test_panels_stand_on_a_ridge_and_the_network_alone_is_one_of_the_mixtures():
    X, y = windows([tent(90)[:, None] * 10, tent(90)[::-1, None] * 10])
    model = LSTMForecaster(baseline="auto", **LEARNS).fit(X, y)
    assert isinstance(model.baseline_, WindowRidge)
    assert not model.blend_.residuals
    model.blend_ = replace(model.blend_, share=1.0)
    network = model.network_.forecasts(model._outputs(X))[..., 0]
    assert_allclose(model.predict(X), network, rtol=0, atol=1e-12)


def test_the_form_is_the_one_that_loses_less_on_the_latest_block():
    X, y = windows(tent()[:, None] * 3, lookback=3, horizon=1)
    assert not LSTMForecaster(baseline="ridge", **LEARNS).fit(X, y).blend_.residuals
    X, y = windows(walk(300), horizon=1)
    assert LSTMForecaster(baseline="ridge", **LEARNS).fit(X, y).blend_.residuals


def test_without_hope_on_the_latest_block_no_other_is_tried(monkeypatch):
    X, y = windows()
    tried = []
    errors = _block_fits.Trials.errors
    monkeypatch.setattr(
        _block_fits.Trials, "errors", lambda *given: tried.append(1) or errors(*given)
    )
    for hope, count in ((False, 1), (True, 2)):
        tried.clear()
        monkeypatch.setattr(_block_fits, "has_gain", lambda _, hope=hope: hope)
        model = small(baseline=Baseline("ridge", form="residuals")).fit(X, y)
        assert len(tried) == count
        assert hope or (model.network_share_, model.network_gain_) == (0.0, 0.0)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_outlook_is_all_that_may_be_trained(monkeypatch, schedule):
    X, y = windows(walk(100), horizon=1)
    outlooks, work = [], []
    run, outlook = _block_fits.run_epochs, _block_fits.Outlook

    def note(net, samples, *rest, **params):
        run(net, samples, *rest, **params)
        work.append(len(net.history) * len(samples))

    monkeypatch.setattr(_block_fits, "run_epochs", note)
    monkeypatch.setattr(_block_fits, "Outlook", lambda *how: outlooks.append(how) or outlook(*how))
    monkeypatch.setattr(_block_fits, "has_gain", lambda _: True)
    # the other form is better, and is then trained anew on both blocks
    monkeypatch.setattr(_block_fits, "is_clearly_better", lambda *_: True)
    small(baseline="ridge", max_epochs=8, training=Training(schedule=schedule)).fit(X, y)
    ((total, text),) = outlooks
    assert len(work) == 4
    assert total == sum(work) + 8 * len(X)
    assert text == "at most 8 epochs beside each of 2 blocks, and then on all windows"


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_usual_form_trains_once_on_the_latest_block(monkeypatch, schedule):
    X, y = windows(walk(60), horizon=1)
    tried = []
    errors = _block_fits.Trials.errors

    def note(trials, pair, residuals, *other):
        found = errors(trials, pair, residuals, *other)
        tried.append((len(found.errors), residuals))
        return found

    monkeypatch.setattr(_block_fits.Trials, "errors", note)
    monkeypatch.setattr(_block_fits, "has_gain", lambda _: False)
    training = Training(schedule=schedule)
    model = small(baseline="ridge", max_epochs=8, training=training).fit(X, y)
    assert model.blend_.residuals
    # a schedule that ends with the epochs has another beginning where they are fewer
    expected = {
        "constant": [(2, False), (8, True)],
        "cosine": [(2, False), (2, True), (8, True)],
    }
    assert tried == expected[schedule]
    tried.clear()
    monkeypatch.setattr(_block_fits, "is_clearly_better", lambda *_: True)
    model.fit(X, y)
    assert not model.blend_.residuals
    assert tried == [(2, False), (2, True), (8, False)]


def test_a_trial_begins_as_a_shorter_one(monkeypatch):
    X, y = windows(walk(60), horizon=1)
    found = []
    errors = _block_fits.Trials.errors
    monkeypatch.setattr(
        _block_fits.Trials, "errors", lambda *given: found.append(errors(*given)) or found[-1]
    )
    monkeypatch.setattr(_block_fits, "has_gain", lambda _: False)
    for max_epochs in (8, 2):
        small(baseline="ridge", max_epochs=max_epochs).fit(X, y)
    _, long, _, short = (one.errors for one in found)
    assert (len(long), len(short)) == (8, 2)
    assert_array_equal(long[:2], short)


def test_targets_of_the_origin_itself_have_a_share_too():
    X, y = windows(walk(80), lookback=3, horizon=0)
    assert X.reach == 0
    model = small(baseline="ridge").fit(X, np.asarray(y, dtype=float))
    assert 0 <= model.network_share_ <= 1
    assert np.isfinite(model.network_gain_)


@pytest.mark.parametrize(("share", "heaviest"), [(0.0, DampedAnomaly), (1.0, Persistence)])
def test_maps_from_maps_stand_on_a_mean_of_several(share, heaviest):
    noise = np.random.default_rng(0).normal(size=(60, 1, 3, 4))
    maps = share * noise.cumsum(axis=0) + (1 - share) * noise
    model = small(ConvLSTMForecaster, baseline="auto").fit(*make_windows(maps, lookback=4))
    assert isinstance(model.baseline_, StackedBaseline)
    weights = model.baseline_.member_weights()
    assert isinstance(model.baseline_.regressors_[np.argmax(weights)], heaviest)


def test_of_whole_series_and_of_quantiles_all_of_the_share_is_taken(monkeypatch):
    asked = []
    choose = _block_fits.choose
    monkeypatch.setattr(
        _block_fits,
        "choose",
        lambda blocks, **options: asked.append(options.get("whole")) or choose(blocks, **options),
    )
    monkeypatch.setattr(_block_fits, "has_gain", lambda _: True)
    rng = np.random.default_rng(0)
    films = list(rng.normal(size=(11, 6, 1, 3, 4)))
    panel = [walk(60, seed=seed) for seed in range(6)]
    for series, kind in (
        (films, ConvLSTMForecaster),
        (panel, LSTMForecaster),
        (panel[0], LSTMForecaster),
    ):
        X, y = make_windows(series, lookback=2, horizon=3)
        small(kind, baseline="persistence").fit(X, y)
    small(baseline="persistence", decoder=QuantileDecoder()).fit(X, y)
    assert asked == [True, False, False, True]


def test_films_too_short_for_their_latest_origins_are_held_back_as_a_whole():
    films = list(np.random.default_rng(0).normal(size=(11, 6, 1, 3, 4)))
    X, y = make_windows(films, lookback=2, horizon=3)  # two windows a film
    series = X.index.codes[0][X.ends - 1]
    draws = set()
    for seed in range(5):
        ((train, block),) = training_blocks(X, 2, seed)
        assert_array_equal(np.sort(np.concatenate([train, block])), np.arange(len(X)))
        assert len(set(series[block])) == 2
        assert not set(series[train]) & set(series[block])
        draws.add(tuple(sorted(set(series[block]))))
        ((_, again),) = training_blocks(X, 2, seed)
        assert_array_equal(block, again)
    assert len(draws) > 1
    model = small(ConvLSTMForecaster, baseline="persistence").fit(X, y)
    assert model.network_share_ > 0  # noise is far from its last map


@pytest.mark.parametrize("given", ["array", "another target", "labels of the origin"])
def test_maps_whose_targets_are_no_maps_are_forecast_by_the_network_alone(given):
    maps, params = np.random.default_rng(0).normal(size=(40, 1, 3, 4)), {}
    if given != "array":
        params = {"target": maps.mean(axis=(1, 2, 3)), "horizon": int(given == "another target")}
    X, y = make_windows(maps, lookback=4, **params)
    X = np.asarray(X) if given == "array" else X
    assert small(ConvLSTMForecaster, baseline="auto").fit(X, y).baseline_ is None


@pytest.mark.parametrize(
    "given",
    [
        Ridge(3.0),
        DummyRegressor(),
        WindowRidge(2.0),
        make_pipeline(FoldTime(width=2), WindowRidge()),
    ],
    ids=["ridge", "dummy", "window ridge", "pipeline"],
)
def test_any_regressor_serves_as_a_baseline(given):
    X, y = windows()
    model = small(baseline=given).fit(X, y)
    assert_allclose(model.predict(X), model.baseline_.predict(X), rtol=0, atol=1e-9)
    assert not hasattr(given, "n_features_in_")  # it is cloned


def test_covariates_masks_and_several_targets_come_through():
    table = walk()
    known = pd.DataFrame({"k": np.sin(np.arange(200.0))}, pd.date_range("2020-01-01", periods=200))
    table.iloc[30, 0] = np.nan
    X, y = windows(table, known=known, missing="mask")
    X = X.with_parts({"static": np.ones((len(X), 1))})
    model = small(baseline="ridge").fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert model.baseline_.columns_.parts == ("known", "static")


@pytest.mark.parametrize("form", ["residuals", "targets"])
def test_maps_on_disk_are_read_batch_by_batch(form, tmp_path):
    values = np.random.default_rng(0).normal(size=(50, 1, 3, 4)).cumsum(axis=0)
    stored = np.memmap(tmp_path / "maps", dtype=values.dtype, mode="w+", shape=values.shape)
    stored[:] = values
    found = []
    for series in (stored, values):
        X, y = make_windows(series, lookback=4)
        model = small(ConvLSTMForecaster, baseline=Baseline("stencil", form=form)).fit(X, y)
        found.append(model.predict(X))
    assert_allclose(found[0], found[1], rtol=0, atol=1e-5)


def test_quantiles_keep_their_width_at_share_0():
    X, y = windows(walk(700), horizon=1)
    decoder = QuantileDecoder((0.1, 0.5, 0.9))
    model = LSTMForecaster(8, baseline="ridge", decoder=decoder, max_epochs=15, random_state=0)
    model.fit(X[:500], y[:500])
    low, middle, high = np.moveaxis(model.predict_quantiles(X[501:]), -1, 0)
    assert_allclose(model.predict(X[501:]), middle)
    if model.network_share_ == 0:
        assert_allclose(middle, model.baseline_.predict(X[501:]), rtol=0, atol=1e-10)
    covered = np.mean((low <= y[501:].to_numpy()) & (y[501:].to_numpy() <= high))
    assert 0.68 <= covered <= 0.92


def test_further_training_leaves_baseline_and_share(chaos):
    X, y, model = chaos
    model = pickle.loads(pickle.dumps(model))
    coef, share = model.baseline_.coef_.copy(), model.network_share_
    before = weights(model)
    model.partial_fit(X[400:], y[400:])
    assert_array_equal(model.baseline_.coef_, coef)
    assert model.network_share_ == share
    assert any(not np.array_equal(before[name], now) for name, now in weights(model).items())
    left = y[400:] - model.baseline_.predict(X[400:]).reshape(-1, 1)
    assert np.abs(y[400:] - model.predict(X[400:]).reshape(-1, 1)).mean() < np.abs(left).mean()


def test_a_warm_start_goes_on_from_the_network():
    X, y = windows()
    model = small(baseline="ridge", training=Training(warm_start=True)).fit(X, y)
    epochs = len(model.history_)
    assert len(model.fit(X, y).history_) > epochs


def test_the_same_seed_gives_the_same_forecasts():
    X, y = windows(tent(200)[:, None])
    found = [LSTMForecaster(baseline="ridge", **LEARNS).fit(X, y).predict(X) for _ in range(2)]
    assert_array_equal(*found)


def test_callbacks_of_the_user_see_the_fit_on_all_windows_only():
    from skorch.callbacks import Callback

    seen = []

    class Note(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            seen.append(len(X))

    X, y = windows()
    small(baseline="ridge", net_params={"callbacks": [Note()]}).fit(X, y)
    assert seen == [len(X)]


def test_ensembles_average_what_their_members_add(chaos):
    X, y, _ = chaos
    inner = LSTMForecaster(baseline="ridge", **{**LEARNS, "max_epochs": 5})
    model = SeedEnsemble(inner, 2, random_state=0).fit(X[:200], y[:200])
    members = [one.predict(X[200:]) for one in model.estimators_]
    assert_allclose(model.predict(X[200:]), np.mean(members, axis=0))


def test_the_spread_of_thinned_networks_is_that_of_their_share():
    X, y = windows()
    model = MonteCarloDropout(small(dropout=0.5, baseline="ridge"), 5, random_state=0).fit(X, y)
    assert model.estimator_.network_share_ == 0.0
    assert_allclose(model.predict_std(X), 0, atol=1e-12)
    assert_allclose(model.predict(X), model.estimator_.baseline_.predict(X), rtol=0, atol=1e-10)


def test_parameters_of_a_baseline_are_searched():
    X, y = windows()
    search = GridSearchCV(
        small(baseline="ridge", max_epochs=1),
        {"baseline__alpha": [0.1, 100.0]},
        cv=OriginSplit(2),
        error_score="raise",
    ).fit(X, y)
    assert search.best_estimator_.baseline_.alpha_ == search.best_params_["baseline__alpha"]
    part = clone(small(baseline="auto")).set_params(baseline__blocks=2).baseline
    assert (part.regressor, part.blocks) == ("auto", 2)


@pytest.mark.parametrize("given", ["ridge", Baseline(Ridge(), blocks=2)], ids=["ours", "ridge"])
def test_a_file_holds_the_baseline(given, tmp_path):
    X, y = windows()
    model = small(baseline=given).fit(X, y)
    save(model, tmp_path / "model.stf")
    again = load(tmp_path / "model.stf")
    assert_array_equal(again.predict(X), model.predict(X))
    assert again.network_share_ == model.network_share_
    again.partial_fit(X, y)


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (Baseline(blocks=0), "baseline__blocks must be an integer of at least 1, got 0"),
        (Baseline("river"), "baseline__regressor must be 'auto', 'ridge', 'stencil'"),
        (Baseline(form="sums"), "baseline__form must be 'residuals', 'targets' or None"),
        (WindowRidge(-1), "baseline__alpha must be a number of at least 0"),
    ],
)
def test_parameters_of_a_baseline_say_what_they_may_be(baseline, message):
    X, y = windows()
    with pytest.raises(ParameterError, match=message):
        small(baseline=baseline).fit(X, y)
