"""Faults change the readings, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy.classification.sensor_faults import FAULTS


@pytest.mark.parametrize(("name", "put_fault_in"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_fault_changes_readings_and_none_changes_nothing(name, put_fault_in) -> None:
    values = np.random.default_rng(0).normal(size=72)
    changed = values.copy()
    put_fault_in(changed, 1.0, np.random.default_rng(1))
    assert (changed != values).any() == (name != "none")
    assert (changed[:12] == values[:12]).all() or name == "spikes"
