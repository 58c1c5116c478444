"""New rows that would spoil every later forecast are refused before anything changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge

from stforecast.estimators import WindowRidge
from stforecast.exceptions import IrregularIndexError, MissingValuesError, ShapeError
from stforecast.series import SeriesForecaster
from tests.series.data import DAYS, MAPS, ROWS, TABLE, in_dask, in_dataset, in_xarray

PANEL = pd.concat({"x": TABLE, "y": TABLE + 1}, names=["id", "day"])
HEAD = PANEL.groupby(level=0).head(50)
PARTS: dict[str, tuple[Any, Any]] = {
    "table": (TABLE[:50], TABLE[50:]),
    "column": (TABLE["a"][:50], TABLE["a"][50:]),
    "rows": (ROWS[:50], ROWS[50:]),
    "maps": (MAPS[:30], MAPS[30:]),
    "xarray": (in_xarray(MAPS[:30]), in_xarray(MAPS)[30:]),
    "dataset": (in_dataset(MAPS[:30]), in_dataset(MAPS).isel(time=slice(30, None))),
    "panel": (HEAD, PANEL.drop(HEAD.index)),
    "list": ([TABLE[:20], TABLE[:30]], [TABLE[20:], TABLE[30:]]),
    "list of maps": ([MAPS[:20], MAPS[:30]], [MAPS[20:], MAPS[30:]]),
    "on disk": (in_dask(ROWS[:50]), in_dask(ROWS[50:])),
}
PLAN = pd.DataFrame({"k": np.arange(60.0)}, DAYS)


def spoilt(rows: Any, value: Any) -> Any:
    """Return rows whose last value is another one."""
    if isinstance(rows, list):
        return [*rows[:-1], spoilt(rows[-1], value)]
    if isinstance(rows, xarray.Dataset):
        return rows.assign(u=spoilt(rows["u"], value))
    if isinstance(rows, pd.DataFrame | pd.Series):
        rows = rows.astype(object if isinstance(value, str) else float)
        rows.iloc[(-1,) * rows.ndim] = value
        return rows
    if type(rows).__module__.startswith("dask"):
        return in_dask(spoilt(rows.compute(), value))
    rows = rows.copy().astype(object if isinstance(value, str) else float)
    rows[(-1,) * rows.ndim] = value
    return rows


def numbers(forecast: Any) -> np.ndarray:
    if isinstance(forecast, list):
        return np.concatenate([numbers(one).ravel() for one in forecast])
    return np.asarray(forecast.to_dataarray() if hasattr(forecast, "to_dataarray") else forecast)


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("value", [np.nan, np.inf, "n/a"])
def test_an_update_refuses_what_fit_refuses_and_changes_nothing(kind: str, value: Any) -> None:
    before, new = PARTS[kind]
    model = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(before)
    forecast = numbers(model.forecast())
    with pytest.raises(ValueError, match=r"finite|NaN|infinity|numeric|n/a|could not convert"):
        model.update(spoilt(new, value))
    np.testing.assert_array_equal(numbers(model.forecast()), forecast)
    model.update(new).forecast()


@pytest.mark.parametrize("kind", ["table", "rows", "maps", "xarray", "panel", "list of maps"])
def test_masked_rows_may_have_gaps_but_no_infinity(kind: str) -> None:
    before, new = PARTS[kind]
    model = SeriesForecaster(WindowRidge(), lookback=3, missing="mask").fit(before)
    forecast = numbers(model.forecast())
    with pytest.raises(ValueError, match="infinity"):
        model.update(spoilt(new, np.inf))
    np.testing.assert_array_equal(numbers(model.forecast()), forecast)
    assert np.isfinite(numbers(model.update(spoilt(new, np.nan)).forecast())).all()


def test_the_first_gap_is_named_by_its_labels() -> None:
    model = SeriesForecaster(Ridge(), lookback=3).fit(HEAD)
    with pytest.raises(
        MissingValuesError, match=r"row 19 \('y', 2020-02-29 .*of column 'b'\. Fill"
    ):
        model.update(spoilt(PANEL.drop(HEAD.index), np.nan))


@pytest.mark.parametrize("kind", ["table", "array", "function"])
def test_covariates_of_new_rows_have_no_gaps(kind: str) -> None:
    gap = PLAN.copy()
    gap.loc[DAYS[51]] = np.nan
    plans: dict[str, tuple[Any, Any]] = {
        "table": (PLAN[:50], gap[50:]),
        "array": (PLAN[:50].to_numpy(), gap[50:].to_numpy()),
        "function": (gap.reindex, None),
    }
    before, new = plans[kind]
    model = SeriesForecaster(Ridge(), lookback=3).fit(TABLE[:50], known=before)
    with pytest.raises(MissingValuesError, match="known must hold finite numbers, but 1 of its"):
        model.update(TABLE[50:55], known=new)
    assert len(model.series_.times) == 3
    assert model.series_.times[-1] == DAYS[49]


def test_a_plan_may_have_gaps_behind_the_new_rows() -> None:
    gap = PLAN.copy()
    gap.loc[DAYS[57]] = np.nan
    model = SeriesForecaster(Ridge(), lookback=3).fit(TABLE[:50], known=PLAN[:50])
    model.update(TABLE[50:55], known=gap[50:])
    assert model.forecast().index[0] == DAYS[55]


def test_an_array_of_covariates_goes_on_with_the_rows_that_it_belongs_to() -> None:
    rows = 2 * PLAN.to_numpy()
    known = PLAN.to_numpy()
    model = SeriesForecaster(Ridge(1e-9), lookback=2, horizon=2).fit(rows[:40], known=known[:40])
    with pytest.raises(ShapeError, match=r"the last 5 new rows have none. Pass them too: update"):
        model.update(rows[40:45])
    model.update(rows[40:45], known=known[40:45])
    np.testing.assert_allclose(model.forecast(known=known[45:47]), rows[45:47], rtol=1e-6)


def test_covariates_that_reach_over_the_new_rows_need_not_be_passed_again() -> None:
    rows, known = 2 * PLAN.to_numpy(), PLAN.to_numpy()
    model = SeriesForecaster(Ridge(1e-9), lookback=2, horizon=2).fit(rows[:40], known=known[:50])
    np.testing.assert_allclose(model.update(rows[40:45]).forecast(), rows[45:47], rtol=1e-6)


@pytest.mark.parametrize("series", [TABLE, in_xarray(MAPS)])
def test_no_rows_are_called_empty(series: Any) -> None:
    model = SeriesForecaster(Ridge(), lookback=3).fit(series)
    with pytest.raises(IrregularIndexError, match=f"this {type(series).__name__} is empty"):
        model.update(series[:0])


BERLIN = DAYS.tz_localize("Europe/Berlin")
MONTHS = pd.period_range("2020-01", periods=60, freq="M", name="month")


@pytest.mark.parametrize(
    ("before", "new", "calls"),
    [
        (BERLIN, DAYS, "rows.tz_localize('Europe/Berlin')"),
        (DAYS, BERLIN, "rows.tz_localize(None)"),
        (MONTHS, MONTHS.to_timestamp(), "rows.to_period('M')"),
        (MONTHS.to_timestamp(), MONTHS, "rows.to_timestamp()"),
    ],
)
@pytest.mark.parametrize("form", ["table", "panel", "list"])
def test_labels_of_another_kind_come_with_the_call_that_converts_them(
    before: pd.Index, new: pd.Index, calls: str, form: str
) -> None:
    start, rows = _in_form(before[:50], TABLE[:50], form), _in_form(new[50:], TABLE[50:], form)
    model = SeriesForecaster(Ridge(), lookback=3).fit(start)
    with pytest.raises(IrregularIndexError, match="must be labelled as the series is") as caught:
        model.update(rows)
    remedy = str(caught.value).rpartition(": ")[2].removesuffix(".")
    assert form != "table" or remedy == calls
    model.update(eval(remedy, {"rows": rows}))
    assert numbers(model.forecast()).size == (2 if form == "table" else 4)


def _in_form(index: pd.Index, table: pd.DataFrame, form: str) -> Any:
    table = table.set_axis(index)
    if form == "panel":
        return pd.concat({"x": table, "y": table + 1}, names=["id"])
    return table if form == "table" else [table, table + 1]


def test_zones_that_have_no_name_are_taken_from_the_series() -> None:
    zone = pd.Timestamp("2020-01-01T00+02:30").tz
    model = SeriesForecaster(Ridge(), lookback=3).fit(TABLE[:50].tz_localize(zone))
    with pytest.raises(IrregularIndexError, match=r"tz_localize\(model.series_.times.tz\)"):
        model.update(TABLE[50:])
    model.update(TABLE[50:].tz_localize(model.series_.times.tz))


def test_rows_in_another_zone_are_the_same_moments() -> None:
    table = TABLE.set_axis(BERLIN)
    model = SeriesForecaster(Ridge(), lookback=3).fit(table[:50])
    model.update(table[50:].tz_convert("UTC"))
    assert model.forecast().index[0] == BERLIN[-1] + pd.Timedelta("1D")


@pytest.mark.parametrize(("before", "new"), [("noleap", None), (None, "noleap")])
def test_maps_of_another_calendar_come_with_its_conversion(before: Any, new: Any) -> None:
    grid = in_xarray(MAPS)  # ends before a leap day
    parts = {name: grid if name is None else grid.convert_calendar(name) for name in (before, new)}
    model = SeriesForecaster(Ridge(), lookback=3).fit(parts[before][:30])
    with pytest.raises(IrregularIndexError, match="convert_calendar") as caught:
        model.update(parts[new][30:])
    remedy = str(caught.value).rpartition(": ")[2].removesuffix(".")
    model.update(eval(remedy, {"rows": parts[new][30:]}))
    assert type(model.forecast().indexes["time"]) is type(parts[before].indexes["time"])


def test_maps_without_times_are_to_be_given_them() -> None:
    grid = in_xarray(MAPS)
    model = SeriesForecaster(Ridge(), lookback=3).fit(grid[:30])
    rows = grid[30:].drop_vars("time")
    with pytest.raises(IrregularIndexError, match=r"rows.assign_coords\(time=times\)"):
        model.update(rows)
    model.update(rows.assign_coords(time=DAYS[30:40].to_numpy()))
