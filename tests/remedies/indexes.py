"""Of the indexes of series, and what of them does not go on as it began."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster, make_windows
from stforecast.windows.sources._read_series import read_series
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
TEXTS = TABLE.set_axis(DAYS.strftime("%Y-%m-%d"))
NAMED = TABLE.set_axis([f"row {i}" for i in range(40)])
DAY_FIRST = TABLE.set_axis(DAYS.strftime("%d.%m.%Y"))
UNLABELLED = TABLE.set_axis(DAYS.where(np.arange(40) != 3))
TWICE = pd.concat([TABLE[:9], TABLE[8:]])
GAP = TABLE.drop(DAYS[9])
SHORT = pd.concat({"x": TABLE, "y": TABLE.iloc[[0, 2]]}, names=["id"])
BEHIND = PANEL.swaplevel()
NOLEAP = xarray.date_range("2024-01-01", periods=40, calendar="noleap", use_cftime=True)
MONTH_FIRST = TABLE[:12].set_axis(pd.to_datetime([f"2024-{day:02d}-05" for day in range(1, 13)]))
DATED = TABLE.set_axis(DAYS.strftime("%Y%m%d").astype(int))
CLIMATE = pd.concat({"x": TABLE.set_axis(NOLEAP)})


def windows(series: Any) -> Any:
    return make_windows(series, lookback=1)


def fitted(series: Any = TABLE) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=1).fit(series)


def two_rows(freq: str | None) -> pd.DataFrame:
    table = TABLE[:2].copy()
    table.index = pd.DatetimeIndex(table.index.to_numpy(), freq=freq)
    return table


REMEDIES: dict[str, Remedy] = {
    "dates as texts": remedy(
        lambda: windows(TEXTS),
        "Read it as times: series.set_axis(pd.to_datetime(series.index))",
        lambda: windows(TEXTS.set_axis(pd.to_datetime(TEXTS.index))),
    ),
    "dates as texts, the day first": remedy(
        lambda: windows(DAY_FIRST),
        "Read it as times: series.set_axis(pd.to_datetime(series.index, dayfirst=True))",
        lambda: windows(DAY_FIRST.set_axis(pd.to_datetime(DAY_FIRST.index, dayfirst=True))),
    ),
    "names as an index": remedy(
        lambda: windows(NAMED),
        "Number the rows instead: series.reset_index(drop=True)",
        lambda: windows(NAMED.reset_index(drop=True)),
    ),
    "a row without a label": remedy(
        lambda: windows(UNLABELLED),
        "Repair those labels, or drop their rows, series[series.index.notna()]",
        lambda: windows(UNLABELLED.set_axis(DAYS)),
        lambda: windows(UNLABELLED[UNLABELLED.index.notna()][4:]),
    ),
    "a day twice": remedy(
        lambda: windows(TWICE),
        "Average such rows, series.groupby(level=0).mean(), or keep the first of each, "
        "series[~series.index.duplicated()]",
        lambda: windows(TWICE.groupby(level=0).mean()),
        lambda: windows(TWICE[~TWICE.index.duplicated()]),
    ),
    "days backwards": remedy(
        lambda: windows(TABLE[::-1]),
        "Sort the rows: series.sort_index()",
        lambda: windows(TABLE[::-1].sort_index()),
    ),
    "a day left out": remedy(
        lambda: windows(GAP),
        "Insert the missing rows, series.asfreq('D'), and fill them",
        lambda: windows(GAP.asfreq("D").ffill()),
    ),
    "a day left out, to be masked": remedy(
        lambda: windows(GAP),
        "Insert the missing rows, series.asfreq('D'), and fill them, or pass missing='mask'",
        lambda: make_windows(GAP.asfreq("D"), lookback=1, missing="mask"),
    ),
    "dates as integers": remedy(
        lambda: windows(DATED),
        "Read them as times: series.set_axis(pd.to_datetime(series.index, format='%Y%m%d'))",
        lambda: windows(DATED.set_axis(pd.to_datetime(DATED.index, format="%Y%m%d"))),
    ),
    "the day read as the month": remedy(
        lambda: windows(MONTH_FIRST),
        "If the day stands first in your dates, read them with pd.to_datetime(dayfirst=True)",
        lambda: windows(
            MONTH_FIRST.set_axis(
                pd.to_datetime([f"{day:02d}/05/2024" for day in range(1, 13)], dayfirst=True)
            )
        ),
    ),
    "a day left out of a short series": remedy(
        lambda: windows(SHORT),
        "Insert the missing rows, series.groupby(level=0, sort=False).apply(lambda each: "
        "each.droplevel(0).pipe(lambda one: one.asfreq('D'))), and fill them",
        lambda: windows(
            SHORT.groupby(level=0, sort=False)
            .apply(lambda each: each.droplevel(0).pipe(lambda one: one.asfreq("D")))
            .ffill()
        ),
    ),
    "times before the names of series": remedy(
        lambda: windows(BEHIND),
        "Reorder it: series.swaplevel(0, -1).sort_index()",
        lambda: windows(BEHIND.swaplevel(0, -1).sort_index()),
    ),
    "a panel in a calendar without leap days": remedy(
        lambda: windows(CLIMATE),
        "Number the rows instead: series.groupby(level=0, sort=False).apply(lambda each: "
        "each.droplevel(0).pipe(lambda one: one.reset_index(drop=True)))",
        lambda: windows(
            CLIMATE.groupby(level=0, sort=False).apply(
                lambda each: each.droplevel(0).pipe(lambda one: one.reset_index(drop=True))
            )
        ),
    ),
    "two rows of no frequency": remedy(
        lambda: fitted(two_rows(None)).forecast(),
        "Set it, e.g. series.index.freq = 'D', or pass more rows",
        lambda: fitted(two_rows("D")).forecast(),
        lambda: fitted(TABLE[:3]).forecast(),
    ),
    "no new rows": remedy(
        lambda: fitted(TABLE[:30]).update(TABLE[:0]),
        "Pass all rows since the last one seen, and only those",
        lambda: fitted(TABLE[:30]).update(TABLE[30:]),
    ),
    "no rows behind those of a series": remedy(
        lambda: read_series(TABLE[:30]).append(read_series(TABLE[:0])),
        "Pass all rows since the last one seen, and only those",
        lambda: read_series(TABLE[:30]).append(read_series(TABLE[30:])),
    ),
    "new rows of another pace": remedy(
        lambda: fitted(TABLE[:30]).update(TABLE[30::2]),
        "Resample them, or fit on rows like these",
        lambda: fitted(TABLE[:30]).update(TABLE[30::2].resample("D").ffill()),
        lambda: fitted(TABLE[:30:2]).update(TABLE[30::2]),
    ),
}
