"""Panels as one table: forecasts are those of each series, in whatever order the rows stand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster
from stforecast.exceptions import IrregularIndexError
from tests.series.data import INDEXES, PANEL, ROWS

DEEP = pd.concat({("north", "u"): PANEL.loc["x"], ("south", "u"): PANEL.loc["y"]}, names=["a", "b"])


def forecaster(**parameters: object) -> SeriesForecaster:
    return SeriesForecaster(Ridge(1e-3), lookback=4, horizon=3, **parameters)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
@pytest.mark.parametrize("kind", INDEXES)
def test_each_series_is_continued_as_if_alone(kind: str) -> None:
    index = INDEXES[kind]
    parts = {"x": slice(0, 30), "y": slice(10, 60), "z": slice(40, 46)}
    table = pd.DataFrame(ROWS, index, ["a", "b"])
    panel = pd.concat({name: table[part] for name, part in parts.items()}, names=["id", "time"])
    model = forecaster().fit(panel)
    found = model.forecast()
    assert found.index.names == ["id", "time"]
    for name, part in parts.items():
        alone = model.estimator_.predict(table[part].to_numpy()[-4:][None])
        np.testing.assert_allclose(found.loc[name], alone.reshape(3, 2))
        follows = forecaster().fit(table[part] if name != "z" else table[:46]).forecast().index
        assert list(found.loc[name].index) == list(follows)


def test_rows_in_order_of_time_give_the_same_forecasts() -> None:
    mixed = PANEL.sort_index(level=1, kind="stable")
    calm, crossed = forecaster().fit(PANEL), forecaster().fit(mixed)
    pd.testing.assert_frame_equal(
        crossed.forecast().sort_index(), calm.forecast().sort_index(), check_like=True
    )
    pd.testing.assert_frame_equal(
        crossed.backtest(mixed).sort_index(), calm.backtest(PANEL).sort_index()
    )


def test_levels_above_time_stay_levels() -> None:
    found = forecaster().fit(DEEP).forecast()
    assert found.index.names == ["a", "b", "day"]
    np.testing.assert_allclose(found.loc["south", "u"], forecaster().fit(PANEL).forecast().loc["y"])
    series = forecaster().fit(DEEP["a"].rename("load")).forecast()
    assert (series.name, series.index.names) == ("load", ["a", "b", "day"])


def test_new_rows_of_some_series_are_taken_in() -> None:
    cut = PANEL.drop([("y", day) for day in PANEL.loc["y"].index[-2:]])
    model = forecaster().fit(cut).update(PANEL.loc[["y"]].iloc[-2:])
    pd.testing.assert_frame_equal(
        model.forecast(), forecaster().fit(cut).forecast(PANEL), check_freq=False
    )
    with pytest.raises(IrregularIndexError, match="those of 'x' start at 2020-01-31"):
        model.update(PANEL.loc[["x"]].iloc[-2:])


def test_a_function_of_the_index_is_asked_for_all_times_of_a_panel() -> None:
    asked = []

    def known(times: pd.Index) -> pd.DataFrame:
        asked.append(times)
        return pd.DataFrame({"k": np.arange(len(times), dtype=float)}, times)

    forecaster().fit(PANEL, known=known).forecast()
    days = PANEL.index.get_level_values(1).unique()
    assert asked[0].equals(days.sort_values())
    assert asked[1][-1] == days.max() + pd.Timedelta("3D")
