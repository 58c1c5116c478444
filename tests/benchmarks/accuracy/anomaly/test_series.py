"""Anomalies are where the labels say."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.anomaly.series import put_in


def test_anomalies_are_put_in_where_the_labels_say_and_nowhere_else() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    changed, anomalous = put_in(values, 600, seed=1)
    np.testing.assert_array_equal(changed != values, anomalous)
    assert not anomalous[:600].any()
    assert np.diff(anomalous.astype(int)).clip(0).sum() == 8
