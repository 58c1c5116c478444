"""What classifiers and the anomaly detector are judged by: faults where they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from anomaly import Z_SCORES, area
from anomaly_series import Series, put_in
from classification_tasks import AT_HAND, load_task
from select_classifiers import inner_split
from sensor_faults import FAULTS


def test_anomalies_are_put_in_where_the_labels_say_and_nowhere_else() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    changed, anomalous = put_in(values, 600, seed=1)
    np.testing.assert_array_equal(changed != values, anomalous)
    assert not anomalous[:600].any()
    assert np.diff(anomalous.astype(int)).clip(0).sum() == 8


def test_z_scores_find_what_is_unusual_for_its_season() -> None:
    draw, rows = np.random.default_rng(0), np.arange(800)
    values = 3 * np.sin(rows * 2 * np.pi / 24) + 0.1 * draw.normal(size=800)
    odd = np.isin(rows, np.arange(500, 780, 30))
    values[odd] += 1.5
    series = Series("a wave", values, odd, 480, 24, 48, 24)
    for scores in Z_SCORES.values():
        assert area(series, scores(series)) > 0.95


@pytest.mark.parametrize(("name", "put_fault_in"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_fault_changes_readings_and_none_changes_nothing(name, put_fault_in) -> None:
    values = np.random.default_rng(0).normal(size=72)
    changed = values.copy()
    put_fault_in(changed, 1.0, np.random.default_rng(1))
    assert (changed != values).any() == (name != "none")
    assert (changed[:12] == values[:12]).all() or name == "spikes"


def test_trials_of_settings_see_nothing_of_the_test_fold() -> None:
    task = load_task("digit_rows", None)
    train, test = task.folds[0]
    fit, judged = inner_split(task)
    assert set(fit) | set(judged) <= set(train)
    assert not set(fit) & set(judged)
    assert not set(train) & set(test)


def test_sensor_faults_are_trained_on_before_and_tested_after() -> None:
    task = AT_HAND["sensor_faults"]()
    (train, test) = task.folds[0]
    assert (len(train), len(test)) == (600, 300)
    assert set(task.y[train]) == set(task.y[test]) == {name for name, _ in FAULTS}
