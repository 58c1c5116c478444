"""Settings are chosen without a look at a test map."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.era5 import selection
from benchmarks.accuracy.era5.maps import Maps
from benchmarks.accuracy.era5.selection import (
    CANDIDATES,
    chosen_setting,
    common_setting,
    select,
)

HOURS = 24 * 8
VALUES = 280 + np.random.default_rng(0).normal(size=(HOURS, 3, 4)).cumsum(axis=0)


def test_settings_are_chosen_without_a_test_map(monkeypatch, tmp_path) -> None:
    shown = []

    def forecast(maps: Maps, lead: int, seed: int, **candidate: object) -> tuple[np.ndarray, ...]:
        shown.append(len(maps.values))
        return (maps.truth + 1 + (candidate != CANDIDATES[1]),)

    monkeypatch.setattr(selection, "forecast", forecast)
    monkeypatch.setattr(selection, "SETTINGS", tmp_path / "settings.json")
    select(Maps(VALUES, int(0.8 * HOURS)), (6,))
    assert max(shown) <= int(0.8 * HOURS)
    assert chosen_setting(6) == CANDIDATES[1]


def test_the_common_setting_has_the_least_error_over_leads_in_ratios(monkeypatch, tmp_path) -> None:
    # at 1 h the first candidate is best, at 6 h the second, which loses less at 1 h than it gains
    errors = {1: [1.0, 1.1, 2.0], 6: [9.0, 3.0, 8.0]}

    def forecast(maps: Maps, lead: int, seed: int, **candidate: object) -> tuple[np.ndarray, ...]:
        number = min(CANDIDATES.index(candidate), 2)
        return (maps.truth + errors[lead][number],)

    monkeypatch.setattr(selection, "forecast", forecast)
    monkeypatch.setattr(selection, "SETTINGS", tmp_path / "settings.json")
    select(Maps(VALUES, int(0.8 * HOURS)), (1, 6))
    assert chosen_setting(1) == CANDIDATES[0]
    assert common_setting() == chosen_setting(6) == CANDIDATES[1]
