"""Of new rows, their labels and covariates, and of maps of another variable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
ROWS, PLAN = TABLE.to_numpy(), np.arange(60.0)[:, None]
BERLIN = TABLE[:30].tz_localize("Europe/Berlin")
CUBE = xarray.DataArray(
    np.random.default_rng(1).normal(size=(30, 2, 3, 4)),
    {"time": DAYS[:30].to_numpy(), "depth": [5.0, 50.0]},
    ["time", "depth", "y", "x"],
    name="sst",
    attrs={"units": "degC"},
)
GRID = CUBE.sel(depth=5.0)
LATER = (GRID[20:] + 273.15).assign_attrs(units="K")


def fitted(series: Any = TABLE[:30], known: Any = None) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=3).fit(series, known=known)


def named() -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=3, target="a").fit(TABLE)


def celsius(grid: Any) -> Any:
    grid = grid - 273.15
    grid.attrs["units"] = "degC"
    return grid


REMEDIES: dict[str, Remedy] = {
    "new rows of no zone": remedy(
        lambda: fitted(BERLIN).update(TABLE[30:]),
        "If they are times in Europe/Berlin, say so: rows.tz_localize('Europe/Berlin')",
        lambda: fitted(BERLIN).update(TABLE[30:].tz_localize("Europe/Berlin")),
    ),
    "new rows without their covariates": remedy(
        lambda: fitted(ROWS[:30], PLAN[:30]).update(ROWS[30:]),
        "Pass them too: update(rows, known=...)",
        lambda: fitted(ROWS[:30], PLAN[:30]).update(ROWS[30:], known=PLAN[30:40]),
    ),
    "the target as a covariate": remedy(
        lambda: fitted(TABLE, known=TABLE[["a"]].assign(day=1.0)),
        "Leave it out of known",
        lambda: fitted(TABLE, known=TABLE[["a"]].assign(day=1.0).drop(columns="a")),
    ),
    "an array where the target is named": remedy(
        lambda: named().forecast(ROWS),
        "Pass a DataFrame with those columns",
        lambda: named().forecast(pd.DataFrame(ROWS, DAYS, ["a", "b"])),
    ),
    "new rows of another column": remedy(
        lambda: fitted(TABLE["a"][:30]).update(TABLE["b"][30:]),
        "If they are, rename them: rows.rename('a')",
        lambda: fitted(TABLE["a"][:30]).update(TABLE["b"][30:].rename("a")),
    ),
    "maps of another variable": remedy(
        lambda: fitted(GRID[:20]).update(GRID[20:].rename("sos")),
        "If they are, rename them: series.rename('sst')",
        lambda: fitted(GRID[:20]).update(GRID[20:].rename("sos").rename("sst")),
    ),
    "maps in another unit": remedy(
        lambda: fitted(GRID[:20]).update(LATER),
        "Convert them, and say so: series.attrs['units'] = 'degC'",
        lambda: fitted(GRID[:20]).update(celsius(LATER)),
    ),
    "maps at another depth": remedy(
        lambda: fitted(GRID[:20]).update(CUBE[20:].sel(depth=50.0)),
        "Select them where depth is an axis, .sel(depth=5.0), or leave it out if it says nothing "
        "of them: series.drop_vars('depth')",
        lambda: fitted(GRID[:20]).update(CUBE[20:].sel(depth=5.0)),
        lambda: fitted(GRID[:20]).update(CUBE[20:].sel(depth=50.0).drop_vars("depth")),
    ),
}
