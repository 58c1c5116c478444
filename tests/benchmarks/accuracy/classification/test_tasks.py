"""Classifiers are trained and tested on the parts that the tasks name."""

from __future__ import annotations

from benchmarks.accuracy.classification.sensor_faults import FAULTS
from benchmarks.accuracy.classification.tasks import AT_HAND


def test_sensor_faults_are_trained_on_before_and_tested_after() -> None:
    task = AT_HAND["sensor_faults"]()
    (train, test) = task.folds[0]
    assert (len(train), len(test)) == (600, 300)
    assert set(task.y[train]) == set(task.y[test]) == {name for name, _ in FAULTS}
