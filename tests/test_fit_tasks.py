"""scikit-learn's callbacks are told of epochs, wherever the estimator stands."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import stforecast._fit_tasks
from stforecast.estimators import (
    ForecastAnomalyDetector,
    LSTMClassifier,
    MonteCarloDropout,
    RelativeForecaster,
    SeedEnsemble,
    Training,
)
from stforecast.exceptions import DivergedError
from stforecast.windows import Crop, make_windows
from tests.estimators.data import OWN_UNITS, noise, same_weights, small, table_windows

callbacks = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9")


class Record:
    """A callback that notes what it is told, and may ask to stop."""

    max_propagation_depth = None

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.told = []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"begin {context.estimator_name} {context.task_name}")

    def on_fit_task_end(self, estimator, context):
        self.told.append(f"end {context.estimator_name} {context.task_name}")
        return context.task_id + 1 == self.stop_after and context.task_name == "epoch"

    def epochs(self, kind="LSTMForecaster"):
        return self.told.count(f"begin {kind} epoch"), self.told.count(f"end {kind} epoch")


def test_a_fit_is_told_from_setup_to_teardown():
    record = Record()
    small(max_epochs=2).set_callbacks(record).fit(*table_windows())
    epoch = ["begin LSTMForecaster epoch", "end LSTMForecaster epoch"]
    whole = ["begin LSTMForecaster fit", *epoch, *epoch, "end LSTMForecaster fit"]
    assert record.told == ["setup", *whole, "teardown"]


def test_callbacks_change_nothing_that_is_learned():
    X, y = table_windows()
    told = small(max_epochs=3, dropout=0.3).set_callbacks(Record()).fit(X, y)
    assert same_weights(told, small(max_epochs=3, dropout=0.3).fit(X, y))


def test_further_fits_and_warm_starts_are_told_once():
    X, y = table_windows()
    for further in ("fit", "partial_fit"):
        record = Record()
        model = small(max_epochs=3, training=Training(warm_start=True)).fit(X, y)
        getattr(model.set_callbacks(record), further)(X, y)
        assert record.epochs() == (3, 3)
        assert record.told.count("teardown") == 1


def test_a_callback_can_end_the_fit():
    model = small(max_epochs=9).set_callbacks(Record(stop_after=4)).fit(*table_windows())
    assert len(model.history_) == 4


@pytest.mark.parametrize("setting", [{}, {"ema": 0.9}, {"ema": 0.9, "validation_fraction": 0}])
def test_a_callback_gets_an_estimator_that_predicts_as_of_its_epoch(setting):
    X, y = table_windows()
    forecasts = []

    class Predict(Record):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if fitted_estimator is not None:
                forecasts.append((fitted_estimator, fitted_estimator.predict(X)))

    patient = Training(patience=50, **setting)
    small(max_epochs=4, training=patient).set_callbacks(Predict()).fit(X, y)
    last = small(max_epochs=2, training=patient).fit(X, y).predict(X)
    assert len(forecasts) == 4
    np.testing.assert_array_equal(forecasts[1][1], last)
    np.testing.assert_array_equal(forecasts[1][0].predict(X), last)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_epochs_show_in_a_pipeline_in_a_search(n_jobs, capsys):
    X, y = table_windows()
    pipe = make_pipeline(Crop(), small(max_epochs=3))
    search = GridSearchCV(pipe, {"crop__lookback": [3, 5]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(callbacks.ProgressBar(max_propagation_depth=None)).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    fits = [line for line in lines if "LSTMForecaster" in line]
    assert len(fits) == 2 * 2 + 1
    assert all("100%" in line for line in fits)


def test_a_search_tells_of_every_epoch_of_its_fits():
    X, y = table_windows()
    record = Record()
    search = GridSearchCV(make_pipeline(Crop(), small(max_epochs=3)), {"crop__lookback": [3]}, cv=2)
    search.set_callbacks(record).fit(X, y)
    assert record.epochs() == (9, 9)
    assert "begin Crop fit" in record.told


def test_an_error_takes_the_callbacks_down():
    record = Record()
    with pytest.raises(ValueError, match="lr must be"):
        small(lr=-1).set_callbacks(record).fit(*table_windows())
    model = small(training=OWN_UNITS, lr=1e30).set_callbacks(record)
    with pytest.raises(DivergedError, match=r"loss became (inf|nan)"):
        model.fit(*table_windows())
    assert record.told[-1] == "teardown"
    assert not hasattr(model, "_callback_fit_ctx")


def test_classifiers_tell_too():
    X, _ = table_windows()
    record = Record()
    labels = np.arange(len(X)) % 2
    LSTMClassifier(4, max_epochs=3).set_callbacks(record).fit(X, labels)
    assert record.epochs("LSTMClassifier") == (3, 3)


@pytest.mark.parametrize("kind", [RelativeForecaster, ForecastAnomalyDetector, MonteCarloDropout])
def test_estimators_around_a_network_tell_of_its_epochs(kind):
    X, y = make_windows(noise(60, 1), lookback=6)
    record = Record()
    pipe = make_pipeline(Crop(), kind(small(max_epochs=3, dropout=0.3)))
    pipe.set_callbacks(record).fit(X, y)
    assert record.epochs() == (3, 3)
    assert f"end {kind.__name__} fit" in record.told


def test_an_ensemble_tells_of_the_epochs_of_each_member():
    X, y = table_windows()
    record = Record()
    model = SeedEnsemble(small(max_epochs=3), 2, random_state=0)
    make_pipeline(Crop(), model).set_callbacks(record).fit(X, y)
    assert record.epochs() == (6, 6)
    assert record.told.count("end LSTMForecaster fit") == 2
    assert record.told.count("end SeedEnsemble fit") == 1
    untold = SeedEnsemble(small(max_epochs=3), 2, random_state=0).fit(X, y)
    assert all(map(same_weights, model.estimators_, untold.estimators_))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_members_show_in_a_search_whatever_process_they_are_trained_in(n_jobs, capsys):
    X, y = table_windows()
    ensemble = SeedEnsemble(small(max_epochs=2), 2, n_jobs=n_jobs, random_state=0)
    search = GridSearchCV(ensemble, {"estimator__lr": [0.01]}, cv=2)
    search.set_callbacks(callbacks.ProgressBar(max_propagation_depth=None)).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    members = [line for line in lines if "fit-member" in line]
    assert len(members) == 2 * (2 + 1)
    assert all("LSTMForecaster" in line and "100%" in line for line in members)
    assert not hasattr(search.best_estimator_.estimators_[0], "_parent_callback_ctx")


def test_an_ensemble_can_be_fitted_again_with_callbacks():
    X, y = table_windows()
    record = Record()
    model = SeedEnsemble(small(max_epochs=2), 2).set_callbacks(record)
    model.fit(X, y).fit(X, y)
    assert record.epochs() == (8, 8)
    assert record.told.count("teardown") == 2


def test_without_callbacks_in_scikit_learn_a_fit_tells_nothing(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "sklearn.callback", None)
        older = importlib.reload(stforecast._fit_tasks)
        assert not hasattr(older.CallbackSupportMixin, "set_callbacks")
        assert older.close_callbacks(test_classifiers_tell_too) is test_classifiers_tell_too
        tasks = older.FitTasks(object(), None, None, 3)
        tasks.begin_step("epoch")
        assert tasks.end_step(dict) is False
        with tasks.part("fit-estimator").watch(object()):
            pass
        tasks.end()
    importlib.reload(stforecast._fit_tasks)
