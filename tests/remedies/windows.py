"""Of windows, their transformers, covariates and the series that they are made of."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from stforecast import LSTMForecaster, SeriesForecaster, make_windows
from stforecast.exceptions import ShortSeriesWarning
from stforecast.model_selection import OriginSplit, leakage_report
from stforecast.windows import (
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldTime,
    Framewise,
    LagsToWindows,
    Spectrogram,
    Windows,
    calendar_features,
    latest_windows,
)
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=30, name="day")
ROWS = np.random.default_rng(0).normal(size=(30, 2))
TABLE = pd.DataFrame(ROWS, DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE}, names=["id"])
WRITTEN = TABLE.assign(day=DAYS.strftime("%d.%m.%Y")).reset_index(drop=True)
COMMAS = pd.Series([f"{i},5" for i in range(29)] + ["-"], DAYS)
TEXTS_TWICE = pd.concat([TABLE, TABLE[:3]]).sort_index().assign(note="x")
KNOWN = pd.DataFrame({"k": np.arange(40.0)}, pd.date_range("2024-01-01", periods=40))
MAPS = np.random.default_rng(1).normal(size=(20, 1, 4, 4))
GRID = xarray.DataArray(
    MAPS[:, 0],
    {"time": DAYS[:20].rename("time"), "y": np.arange(4.0), "x": np.arange(4.0)},
    ["time", "y", "x"],
)
CODED = GRID.assign_coords(time=("time", np.arange(20) + 0.5, {"units": "days since 2024-01-01"}))
BOUNDED = xarray.Dataset({"sst": GRID, "time_bnds": (("time", "nv"), np.zeros((20, 2)))})


def _read_commas() -> pd.Series:
    plain = COMMAS.replace(["-"], np.nan).str.replace(".", "", regex=False)
    return pd.to_numeric(plain.str.replace(",", ".", regex=False))


def windows(series: Any = TABLE, **given: Any) -> Any:
    return make_windows(series, **{"lookback": 4, **given})


def window(series: Any = TABLE, **given: Any) -> Windows:
    return windows(series, **given)[0]


def transformed(transformer: Any, X: Any = None) -> Any:
    return transformer.fit_transform(window() if X is None else X)


def inverted(transformer: Any, rows: Any) -> Any:
    return transformer.fit(window()).inverse_transform(rows)


NAT = DAYS.insert(3, pd.NaT)
SHORT = pd.concat({"x": TABLE, "y": TABLE[:2]})

REMEDIES: dict[str, Remedy] = {
    "a lookback as a text": remedy(
        lambda: windows(lookback="4"), "lookback must be an integer", lambda: windows(lookback=4)
    ),
    "features of what has no times": remedy(
        lambda: calendar_features(["2024-01-01", "2024-01-02"]),
        "Pass the index of the series, or pd.to_datetime of its dates",
        lambda: calendar_features(DAYS),
        lambda: calendar_features(pd.to_datetime(["2024-01-01", "2024-01-02"])),
    ),
    "features of missing times": remedy(
        lambda: calendar_features(NAT), "Drop those rows", lambda: calendar_features(NAT.dropna())
    ),
    "features as one text": remedy(
        lambda: calendar_features(DAYS, features="weekday"),
        "Put it in brackets",
        lambda: calendar_features(DAYS, features=["weekday"]),
    ),
    "harmonics of what is not asked for": remedy(
        lambda: calendar_features(DAYS, features=["weekday"], harmonics={"month": 2}),
        "Add it there or leave it out here",
        lambda: calendar_features(DAYS, features=["weekday", "month"], harmonics={"month": 2}),
        lambda: calendar_features(DAYS, features=["weekday"]),
    ),
    "windows without targets": remedy(
        lambda: Windows(ROWS, np.array([4, 5]), 4).unflatten(np.zeros((2, 2))),
        "Use make_windows",
        lambda: window().unflatten(np.zeros((26, 2))),
    ),
    "no input left": remedy(
        lambda: windows(TABLE[["a"]], horizon=0, target="a"),
        "Add other columns, or set horizon=1",
        lambda: windows(TABLE, horizon=0, target="a"),
        lambda: windows(TABLE[["a"]], horizon=1, target="a"),
    ),
    "the answer in the window": remedy(
        lambda: windows(horizon=0, target=TABLE["a"].to_numpy()),
        "Pass target='a'",
        lambda: windows(horizon=0, target="a"),
    ),
    "classes as a forecast": remedy(
        lambda: windows(target=np.where(ROWS[:, 0] > 0, "on", "off")),
        "Convert it with astype, or set horizon=0",
        lambda: windows(target=(ROWS[:, 0] > 0).astype(float)),
        lambda: windows(horizon=0, target=np.where(ROWS[:, 0] > 0, "on", "off")),
    ),
    "rows that transform did not make": remedy(
        lambda: inverted(Flatten(), np.zeros((3, 2))),
        "Pass what transform returned",
        lambda: inverted(Flatten(), transformed(Flatten())),
    ),
    "windows that transform did not make": remedy(
        lambda: inverted(FoldTime(width=2), np.zeros((3, 9, 2))),
        "Pass what transform returned",
        lambda: inverted(FoldTime(width=2), transformed(FoldTime(width=2))),
    ),
    "frames that transform did not make": remedy(
        lambda: inverted(Framewise(), np.zeros((3, 4, 9))),
        "Pass what transform returned",
        lambda: inverted(Framewise(), transformed(Framewise())),
    ),
    "a table of another lookback": remedy(
        lambda: LagsToWindows(4).fit_transform(np.zeros((3, 9))),
        "Pass the lookback the table was made with",
        lambda: LagsToWindows(3).fit_transform(np.zeros((3, 9))),
    ),
    "sparse frames": remedy(
        lambda: transformed(Framewise(OneHotEncoder())),
        "Set its sparse_output=False",
        lambda: transformed(Framewise(OneHotEncoder(sparse_output=False))),
    ),
    "a taper that no one knows": remedy(
        lambda: transformed(Spectrogram(2, 1, window="foo")),
        "Use 'hann', or 'boxcar'",
        lambda: transformed(Spectrogram(2, 1, window="hann")),
        lambda: transformed(Spectrogram(2, 1, window="boxcar")),
    ),
    "a spectrum of maps": remedy(
        lambda: transformed(Spectrogram(2, 0), window(MAPS)),
        "Put it before what makes maps, or leave it out",
        lambda: transformed(Spectrogram(2, 0)),
    ),
    "frames that do not move on": remedy(
        lambda: transformed(Spectrogram(2, 2)), "Lower it", lambda: transformed(Spectrogram(2, 1))
    ),
    "a spectrum longer than a window": remedy(
        lambda: transformed(Spectrogram(9, 1)),
        "Lower nperseg or make longer windows",
        lambda: transformed(Spectrogram(4, 1)),
        lambda: transformed(Spectrogram(9, 1), window(lookback=9)),
    ),
    "a cut longer than a window": remedy(
        lambda: transformed(Crop(9)),
        "Make the windows with the longest lookback",
        lambda: transformed(Crop(9), window(lookback=9)),
    ),
    "rows of cells of several lengths": remedy(
        lambda: transformed(ColumnsToGrid([["a", "b"], ["a"]])),
        "Fill the short ones with None",
        lambda: transformed(ColumnsToGrid([["a", "b"], [None, None]])),
    ),
    "a map that lacks a column": remedy(
        lambda: inverted(ColumnsToGrid([["a"]]), np.zeros((3, 4, 1, 1, 1))),
        "Place every column to invert",
        lambda: inverted(ColumnsToGrid([["a", "b"]]), np.zeros((3, 4, 1, 1, 2))),
    ),
    "maps folded in time": remedy(
        lambda: transformed(FoldTime(width=2), window(MAPS)),
        "Put it before ColumnsToGrid, or leave it out",
        lambda: transformed(FoldTime(width=2)),
    ),
    "a lookback that does not fold": remedy(
        lambda: transformed(FoldTime(width=3)),
        "Use a lookback of 3, or Crop to it first",
        lambda: transformed(FoldTime(width=3), window(lookback=3)),
        lambda: transformed(make_pipeline(Crop(3), FoldTime(width=3))),
    ),
    "windows of another lookback": remedy(
        lambda: Flatten().fit(window()).transform(window(lookback=5)),
        "Window it with the same lookback and columns",
        lambda: Flatten().fit(window()).transform(window(lookback=4)),
    ),
    "targets in another order": remedy(
        lambda: Flatten().fit(window(), windows()[1][::-1]),
        "Slice, drop and shuffle both alike",
        lambda: Flatten().fit(window()[::-1], windows()[1][::-1]),
    ),
    "targets with labels of their own": remedy(
        lambda: Flatten().fit(window(), windows()[1].iloc[:, 0].add_prefix("row ")),
        "number it: y.reset_index(drop=True)",
        lambda: Flatten().fit(
            window(), windows()[1].iloc[:, 0].add_prefix("row ").reset_index(drop=True)
        ),
    ),
    "an array where rows must be known": remedy(
        lambda: leakage_report(OriginSplit(2), np.zeros((26, 4, 2))),
        "Make them with make_windows",
        lambda: leakage_report(OriginSplit(2), window()),
    ),
    "flat windows before a network": remedy(
        lambda: make_pipeline(Flatten(), _network()).fit(*windows()),
        "Leave Flatten out before an estimator that reads windows",
        lambda: _network().fit(*windows()),
    ),
    "flat windows before another transformer": remedy(
        lambda: make_pipeline(Flatten(), Crop(3)).fit_transform(windows()[0]),
        "put it last among the window transformers",
        lambda: make_pipeline(Crop(3), Flatten()).fit_transform(windows()[0]),
    ),
    "a column that is none": remedy(
        lambda: windows(target="c"),
        "Pass one of its columns, a list of them, or an array with one entry a row",
        lambda: windows(target="a"),
        lambda: windows(target=["a", "b"]),
        lambda: windows(target=ROWS[:, 0]),
    ),
    "targets of a list in another order": remedy(
        lambda: windows([TABLE, TABLE[:9]], target=[ROWS[:9, 0], ROWS[:, 0]]),
        "Put the targets in the order of the series",
        lambda: windows([TABLE, TABLE[:9]], target=[ROWS[:, 0], ROWS[:9, 0]]),
    ),
    "targets of a list with other columns": remedy(
        lambda: windows([TABLE, TABLE], target=[TABLE["a"], TABLE["b"]]),
        "Select and name them alike",
        lambda: windows([TABLE, TABLE], target=[TABLE["a"], TABLE["b"].rename("a")]),
    ),
    "a series shorter than a window": remedy(
        lambda: windows(TABLE[:4]),
        "Shorten the lookback or pass more data",
        lambda: windows(TABLE[:4], lookback=3),
        lambda: windows(TABLE[:5]),
    ),
    "short series as an error": remedy(
        lambda: windows(SHORT, short="error"),
        "Shorten the lookback, or pass short='mask' to pad them or short='drop'",
        lambda: windows(SHORT, short="error", lookback=1),
        lambda: windows(SHORT, short="mask"),
        lambda: _drop_short(SHORT),
    ),
    "maps of other dimensions": remedy(
        lambda: _maps().forecast(GRID.rename(y="lat")),
        "Rename or select them",
        lambda: _maps().forecast(GRID.rename(y="lat").rename(lat="y")),
    ),
    "maps of another size": remedy(
        lambda: _maps(GRID.drop_vars("y")).forecast(GRID[:, :3].drop_vars("y")),
        "Select them",
        lambda: _maps(GRID.drop_vars("y")).forecast(GRID.drop_vars("y")[:, :4]),
    ),
    "maps of other labels": remedy(
        lambda: _maps(GRID[:, :2]).forecast(GRID[:, 1:3]),
        "Pass maps that reach as far, or fit on maps like these",
        lambda: _maps(GRID[:, :2]).forecast(GRID.sel(y=[0.0, 1.0])),
        lambda: _maps(GRID[:, 1:3]).forecast(GRID[:, 1:3]),
    ),
    "times of maps as numbers": remedy(
        lambda: windows(CODED),
        "Decode them: xarray.decode_cf(series.to_dataset(name='maps'))['maps']",
        lambda: windows(xarray.decode_cf(CODED.to_dataset(name="maps"))["maps"]),
    ),
    "a dict of series": remedy(
        lambda: windows({"x": TABLE, "y": TABLE}),
        "make a panel of a dict with pd.concat",
        lambda: windows(pd.concat({"x": TABLE, "y": TABLE})),
    ),
    "an array of five axes": remedy(
        lambda: windows(np.zeros((9, 2, 1, 2, 2))),
        "Put time first and merge or drop the other axes",
        lambda: windows(np.zeros((9, 2, 1, 2, 2)).reshape(9, 2, 2, 2)),
    ),
    "series in several zones": remedy(
        lambda: windows([TABLE, TABLE.tz_localize("UTC")]),
        "Convert or resample them first",
        lambda: windows([TABLE, TABLE.tz_localize("UTC").tz_localize(None)]),
    ),
    "a column of texts": remedy(
        lambda: windows(TABLE.assign(c="x")),
        "Encode it as numbers, categories by pandas.get_dummies(table, columns=['c'], "
        "dtype=float), or drop it; labels belong in target, as an array",
        lambda: windows(TABLE.assign(c=0)),
        lambda: windows(pd.get_dummies(TABLE.assign(c="x"), columns=["c"], dtype=float)),
        lambda: windows(TABLE),
        lambda: windows(TABLE, horizon=0, target=TABLE.assign(c="x")["c"].to_numpy()),
    ),
    "numbers as texts": remedy(
        lambda: windows(TABLE.assign(c="1.5")),
        "Make numbers of it: table['c'] = pd.to_numeric(table['c'])",
        lambda: windows(TABLE.assign(c=pd.to_numeric(pd.Series("1.5", TABLE.index)))),
    ),
    "numbers with decimal commas": remedy(
        lambda: windows(TABLE.assign(c="1.000,5")),
        "make numbers of it: table['c'] = pd.to_numeric(table['c'].str.replace('.', '', "
        "regex=False).str.replace(',', '.', regex=False))",
        lambda: windows(
            TABLE.assign(
                c=pd.to_numeric(
                    pd.Series("1.000,5", TABLE.index)
                    .str.replace(".", "", regex=False)
                    .str.replace(",", ".", regex=False)
                )
            )
        ),
    ),
    "decimal commas and a marker": remedy(
        lambda: windows(TABLE.assign(c=COMMAS)),
        "make numbers of it: table['c'] = pd.to_numeric(table['c'].replace(['-'], np.nan)"
        ".str.replace('.', '', regex=False).str.replace(',', '.', regex=False)). Then fill the "
        "NaN, or pass missing='mask'",
        lambda: windows(TABLE.assign(c=_read_commas()), missing="mask"),
        lambda: windows(TABLE.assign(c=_read_commas().fillna(0.0))),
    ),
    "infinity": remedy(
        lambda: windows(TABLE.assign(a=np.inf)),
        "Put NaN in place of infinity, series.replace([np.inf, -np.inf], np.nan), and fill it, or "
        "pass missing='mask'",
        lambda: windows(TABLE.assign(a=np.inf).replace([np.inf, -np.inf], np.nan).fillna(0)),
        lambda: windows(TABLE.assign(a=np.inf).replace([np.inf, -np.inf], np.nan), missing="mask"),
    ),
    "a series of NaN alone": remedy(
        lambda: windows(TABLE * np.nan, missing="mask"),
        "Pass columns and rows that hold values",
        lambda: windows(TABLE, missing="mask"),
    ),
    "rows that texts do not tell apart": remedy(
        lambda: windows(TEXTS_TWICE),
        "Average such rows, series.groupby(level=0).mean(numeric_only=True), or keep the first of "
        "each, series[~series.index.duplicated()]",
        lambda: windows(TEXTS_TWICE.groupby(level=0).mean(numeric_only=True)),
        lambda: windows(TEXTS_TWICE[~TEXTS_TWICE.index.duplicated()].drop(columns="note")),
    ),
    "written dates in a column": remedy(
        lambda: windows(WRITTEN),
        "Read them as times, table['day'] = pd.to_datetime(table['day'], dayfirst=True), and make "
        "them the index: table.set_index('day')",
        lambda: windows(
            WRITTEN.assign(day=pd.to_datetime(WRITTEN["day"], dayfirst=True)).set_index("day")
        ),
    ),
    "what tells series apart in a column": remedy(
        lambda: windows(PANEL.reset_index("id")),
        "Make a panel of it: series.set_index('id', append=True).swaplevel()",
        lambda: windows(PANEL.reset_index("id").set_index("id", append=True).swaplevel()),
    ),
    "names and times in columns": remedy(
        lambda: windows(PANEL.reset_index()),
        "Times belong in the index: set_index(['id', 'day'])",
        lambda: windows(PANEL.reset_index().set_index(["id", "day"])),
    ),
    "columns of one name": remedy(
        lambda: windows(pd.concat([TABLE, TABLE], axis=1)),
        "Rename or drop it",
        lambda: windows(pd.concat([TABLE, TABLE.add_suffix("2")], axis=1)),
        lambda: windows(TABLE),
    ),
    "a variable with a dimension of its own": remedy(
        lambda: windows(BOUNDED),
        "Leave out what has it: series.drop_vars(['time_bnds'])",
        lambda: windows(BOUNDED.drop_vars(["time_bnds"])),
    ),
    "variables with channels of their own": remedy(
        lambda: windows(xarray.Dataset({"u": GRID.expand_dims(level=[1, 2], axis=1)})),
        "Select from it, or pass one variable as a DataArray",
        lambda: windows(
            xarray.Dataset({"u": GRID.expand_dims(level=[1, 2], axis=1)}).sel(level=1, drop=True)
        ),
        lambda: windows(GRID.expand_dims(level=[1, 2], axis=1)),
    ),
    "maps of unknown dimensions": remedy(
        lambda: windows(GRID.rename(y="p", x="q").expand_dims(r=[1, 2], axis=1)),
        "Rename them (known names:",
        lambda: windows(
            GRID.rename(y="p", x="q").expand_dims(r=[1, 2], axis=1).rename(p="y", q="x", r="level")
        ),
    ),
    "covariates at the origin": remedy(
        lambda: windows(horizon=0, target="a", known=KNOWN),
        "Leave known out",
        lambda: windows(horizon=0, target="a"),
    ),
    "covariates of one series of two": remedy(
        lambda: windows([TABLE, TABLE], known=[KNOWN]),
        "Pass as many, or one table for all",
        lambda: windows([TABLE, TABLE], known=[KNOWN, KNOWN]),
        lambda: windows([TABLE, TABLE], known=KNOWN),
    ),
    "an array of covariates that ends early": remedy(
        lambda: latest_windows(TABLE, lookback=4, horizon=3, known=np.zeros((30, 1))),
        "Add the rows of the horizon",
        lambda: latest_windows(TABLE, lookback=4, horizon=3, known=np.zeros((33, 1))),
    ),
    "covariates that end early": remedy(
        lambda: latest_windows(TABLE, lookback=4, horizon=3, known=KNOWN[:30]),
        "Extend it to 2024-02-02",
        lambda: latest_windows(TABLE, lookback=4, horizon=3, known=KNOWN[:"2024-02-02"]),
    ),
    "covariates in a zone": remedy(
        lambda: windows(known=KNOWN.tz_localize("UTC")),
        "Label it as the series is, by times of no zone, not by times in UTC",
        lambda: windows(known=KNOWN.tz_localize("UTC").tz_localize(None)),
    ),
    "covariates by number": remedy(
        lambda: windows(known=KNOWN.reset_index(drop=True)),
        "Label them by the times they belong to, or pass known.to_numpy()",
        lambda: windows(known=KNOWN.reset_index(drop=True).set_axis(KNOWN.index)),
        lambda: windows(known=KNOWN.reset_index(drop=True).to_numpy()),
    ),
    "covariates of some series": remedy(
        lambda: windows(PANEL, known=pd.concat({"x": KNOWN})),
        "Add them",
        lambda: windows(PANEL, known=pd.concat({"x": KNOWN, "y": KNOWN})),
    ),
    "covariates with gaps": remedy(
        lambda: windows(known=KNOWN.mask(KNOWN == 3)),
        "Fill them: a covariate known ahead has no gaps",
        lambda: windows(known=KNOWN.mask(KNOWN == 3).ffill()),
    ),
    "features of some series": remedy(
        lambda: windows(PANEL, static={"x": [1.0]}),
        "Add it",
        lambda: windows(PANEL, static={"x": [1.0], "y": [2.0]}),
    ),
    "features of other names": remedy(
        lambda: windows(PANEL, static=pd.DataFrame({"s": [1.0, 2.0]}, ["p", "q"])),
        "pass them without labels: static.to_numpy()",
        lambda: windows(PANEL, static=pd.DataFrame({"s": [1.0, 2.0]}, ["p", "q"]).to_numpy()),
    ),
}


def _network() -> LSTMForecaster:
    return LSTMForecaster(2, max_epochs=1, baseline=None, random_state=0, device="cpu")


def _maps(series: Any = GRID) -> SeriesForecaster:
    return SeriesForecaster(make_pipeline(Flatten(), Ridge()), lookback=3).fit(series)


def _drop_short(series: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortSeriesWarning)
        return windows(series, short="drop")
