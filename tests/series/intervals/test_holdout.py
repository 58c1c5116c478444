"""Which origins are kept for calibration: the latest of each series, whenever it ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster, make_windows
from stforecast.exceptions import SeriesTooShortError, ShortSeriesWarning
from stforecast.series.intervals._holdout import hold_back
from tests.series.data import TABLE

ENDS = {"long": 60, "early": 30, "late": 60}
UNEVEN = pd.concat(
    {name: TABLE.iloc[20 * (name == "late") : end] for name, end in ENDS.items()},
    names=["meter", "day"],
)


@pytest.mark.parametrize(("origins", "expected"), [(7, 7), (0.2, None), (0.01, 1)])
def test_each_series_keeps_its_own_latest_origins(origins: float, expected: int | None) -> None:
    X, _ = make_windows(UNEVEN, lookback=4, horizon=3)
    shuffled = X[np.random.default_rng(0).permutation(len(X))]
    train, latest = hold_back(shuffled, origins)
    for name in ENDS:
        own = X.origins[X.origins.get_level_values("meter") == name].get_level_values("day")
        count = expected or int(0.2 * len(own))
        held, taught = (
            rows[rows.get_level_values("meter") == name].get_level_values("day")
            for rows in (shuffled.origins[latest], shuffled.origins[train])
        )
        assert sorted(held) == list(own[-count:])
        # the last one taught ends its horizon before the first target held back
        assert sorted(taught) == list(own[: len(own) - count - 2])


def test_a_series_that_ended_long_ago_has_bounds() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3, calibration=0.3).fit(UNEVEN)
    bounds = model.forecast_interval(coverage=0.5).table()
    assert set(bounds.index.get_level_values("meter")) == set(ENDS)
    assert np.isfinite(bounds.to_numpy()).all()


def test_series_that_calibration_takes_whole_are_named() -> None:
    brief = pd.concat({"brief": TABLE.iloc[:12], "long": TABLE}, names=["meter", "day"])
    model = SeriesForecaster(Ridge(), lookback=4, horizon=3, calibration=6)
    with pytest.warns(
        ShortSeriesWarning,
        match=r"calibration=6 leaves no origin to train on of 1 of 2 series, 'brief': .* Hold back",
    ):
        model.fit(brief)
    assert np.isfinite(model.forecast_interval(coverage=0.5).lower).all(axis=None)
    model.set_params(calibration=3).fit(brief)


def test_something_must_be_left_to_train_on() -> None:
    X, _ = make_windows(UNEVEN, lookback=4, horizon=3)
    with pytest.raises(SeriesTooShortError, match=r"holds back 112 of 112 origins, .* pass more"):
        hold_back(X, 1000)
