"""What the anomaly detector is compared with does find anomalies."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.anomaly.methods import Z_SCORES, area
from benchmarks.accuracy.anomaly.series import Series


def test_z_scores_find_what_is_unusual_for_its_season() -> None:
    draw, rows = np.random.default_rng(0), np.arange(800)
    values = 3 * np.sin(rows * 2 * np.pi / 24) + 0.1 * draw.normal(size=800)
    odd = np.isin(rows, np.arange(500, 780, 30))
    values[odd] += 1.5
    series = Series("a wave", values, odd, 480, 24, 48, 24)
    for scores in Z_SCORES.values():
        assert area(series, scores(series)) > 0.95
