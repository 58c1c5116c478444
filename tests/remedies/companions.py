"""Of what stands beside a series: targets, covariates, features, weights and categories."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import xarray
import zarr
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from stforecast import LSTMClassifier, LSTMForecaster, SeriesForecaster, make_windows
from stforecast.exceptions import ShortSeriesWarning
from stforecast.windows import calendar_features
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=40, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
LIST = [TABLE, TABLE + 9]
KNOWN = pd.DataFrame({"k": np.arange(60.0), "l": 1.0}, pd.date_range("2024-01-01", periods=60))
STATIC = pd.DataFrame({"s": [1.0, 2.0]}, ["x", "y"])
OPENED = STATIC.assign(opened=pd.to_datetime(["2020-05-01", "2021-07-01"]))
PLANS = [KNOWN, KNOWN * 2]
NEXT = pd.concat({"y": TABLE[:2].set_axis(DAYS[-2:] + 2 * DAYS.freq)}, names=["id"])
NAMES = pl.DataFrame({"id": ["x", "y"], "s": [1.0, 2.0]})
GRID = xarray.DataArray(
    np.random.default_rng(1).normal(size=(20, 2, 2)),
    {"time": DAYS[:20].rename("time"), "y": [0, 1], "x": [0, 1]},
    ["time", "y", "x"],
)
TWICE, TWO_ROWS = pd.concat([KNOWN, KNOWN[:1]]), pd.concat([STATIC, STATIC[:1]])
NOLEAP = xarray.date_range("2024-01-01", periods=70, calendar="noleap", use_cftime=True)
CLIMATE = xarray.DataArray(np.zeros((70, 2)), {"time": NOLEAP}, ("time", "x"))
WEIGHTS = pd.Series(1.0, DAYS)
NUMBERED = pd.concat({i: TABLE.reset_index(drop=True) for i in (0, 1)})
MANY_SERIES = pd.concat(dict.fromkeys(range(1100), TABLE[:5]))
KINDS = TABLE.assign(kind=pd.Categorical(["on", "off"] * 20))
MARKED = TABLE.assign(c=["n/a", *map(str, range(39))][::-1])
WAVES = TABLE.assign(c=TABLE["a"] + 1j)
ONLY_KINDS = KINDS[["kind"]]
MANY = TABLE.assign(kind=[f"kind {i}" for i in range(40)])
LONG = pd.concat([MANY.set_axis(DAYS + i * 40 * DAYS.freq) for i in range(30)])
LONG["kind"] = [f"kind {i}" for i in range(len(LONG))]
RAGGED = [[1.0, 2.0], *[[1.0]] * 39]
FULL = [[1.0, 2.0]] * 40


def windows(series: Any = TABLE, **parameters: Any) -> Any:
    return make_windows(series, **{"lookback": 4, **parameters})


def fitted(series: Any = TABLE, **data: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=4).fit(series, **data)


def encoded(series: Any, encoder: Any = None) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), lookback=4, encoder=encoder).fit(series)


def weighed(weights: Any, series: Any = TABLE) -> SeriesForecaster:
    network = LSTMForecaster(2, max_epochs=1, baseline=None, random_state=0, device="cpu")
    return SeriesForecaster(network, lookback=4).fit(series, weights=weights)


REMEDIES: dict[str, Remedy] = {
    "a target of rows of several lengths": remedy(
        lambda: windows(TABLE.to_numpy(), target=RAGGED),
        "Give every row as many values",
        lambda: windows(TABLE.to_numpy(), target=FULL),
    ),
    "covariates of rows of several lengths": remedy(
        lambda: windows(TABLE.to_numpy(), known=RAGGED),
        "Give every row as many values",
        lambda: windows(TABLE.to_numpy(), known=FULL),
    ),
    "a target of masked texts": remedy(
        lambda: windows(horizon=0, target=_mask(TABLE)),
        "Fill them with values.filled(...)",
        lambda: windows(horizon=0, target=_mask(TABLE).filled("off")),
    ),
    "a series of moments": remedy(
        lambda: windows(DAYS.to_numpy()),
        "Convert it with astype",
        lambda: windows(DAYS.to_numpy().astype(np.int64)),
    ),
    "a series of no columns": remedy(
        lambda: windows(np.zeros((40, 0))),
        "Pass the columns or frames that belong there",
        lambda: windows(np.zeros((40, 1))),
    ),
    "a target of maps in another order": remedy(
        lambda: windows(GRID, target=GRID[:, ::-1]),
        "Use target.reindex_like(series)",
        lambda: windows(GRID, target=GRID[:, ::-1].reindex_like(GRID)),
    ),
    "predictions of other windows": remedy(
        lambda: windows()[0].unflatten(np.zeros((3, 2))),
        "Pass the predictions of these very windows",
        lambda: windows()[0].unflatten(np.zeros((36, 2))),
    ),
    "holidays of a climate model": remedy(
        lambda: calendar_features(CLIMATE.indexes["time"], holidays="FR"),
        "Leave holidays out, or convert the series: "
        "series.convert_calendar('standard', missing=float('nan'))",
        lambda: calendar_features(CLIMATE.indexes["time"]),
        lambda: calendar_features(
            CLIMATE.convert_calendar("standard", missing=float("nan")).indexes["time"],
            holidays="FR",
        ),
    ),
    "a country that has no holidays here": remedy(
        lambda: calendar_features(DAYS, holidays="Atlantis"),
        "holidays must be a country's code such as 'FR' or 'DE-BY', or dates",
        lambda: calendar_features(DAYS, holidays="FR"),
        lambda: calendar_features(DAYS, holidays="DE-BY"),
        lambda: calendar_features(DAYS, holidays=["2024-01-01"]),
    ),
    "covariates of two rows for a day": remedy(
        lambda: windows(known=TWICE),
        "Keep the first of each: known[~known.index.duplicated()]",
        lambda: windows(known=TWICE[~TWICE.index.duplicated()]),
    ),
    "covariates of a list with other columns": remedy(
        lambda: windows(LIST, known=[KNOWN, KNOWN[["k"]]]),
        "Select them: [one[['k']] for one in known]",
        lambda: windows(LIST, known=[one[["k"]] for one in [KNOWN, KNOWN[["k"]]]]),
    ),
    "features of a table without an index": remedy(
        lambda: windows(PANEL, static=NAMES),
        "Put the names there: static.to_pandas().set_index(column of names)",
        lambda: windows(PANEL, static=NAMES.to_pandas().set_index("id")),
    ),
    "features of two rows for a series": remedy(
        lambda: windows(PANEL, static=TWO_ROWS),
        "Keep the first: static[~static.index.duplicated()]",
        lambda: windows(PANEL, static=TWO_ROWS[~TWO_ROWS.index.duplicated()]),
    ),
    "dates of series": remedy(
        lambda: windows(PANEL, static=OPENED),
        "Make numbers of it, such as static['opened'].dt.year, or drop it",
        lambda: windows(PANEL, static=OPENED.assign(opened=OPENED["opened"].dt.year)),
        lambda: windows(PANEL, static=OPENED.drop(columns="opened")),
    ),
    "covariates in a list for some of the series": remedy(
        lambda: fitted(PANEL, known=PLANS).update(NEXT, known=PLANS[1:]),
        "Pass as many, in the order of fit, or one table for all",
        lambda: fitted(PANEL, known=PLANS).update(NEXT, known=PLANS),
        lambda: fitted(PANEL, known=PLANS).update(NEXT, known=PLANS[0]),
    ),
    "names of one series": remedy(lambda: fitted(static="series"), "Leave static out", fitted),
    "features by a word of their own": remedy(
        lambda: fitted(PANEL, static="names"),
        "Pass a table of one row for each series",
        lambda: fitted(PANEL, static=STATIC),
    ),
    "features where fit had names": remedy(
        lambda: fitted(PANEL, static="series").forecast(PANEL, static=STATIC),
        "Leave static out, or fit with features of each series",
        lambda: fitted(PANEL, static="series").forecast(PANEL),
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static=STATIC),
    ),
    "names where fit had features": remedy(
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static="series"),
        "Pass features, or fit with static='series'",
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static=STATIC),
        lambda: fitted(PANEL, static="series").forecast(PANEL, static="series"),
    ),
    "features of other columns than in fit": remedy(
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static=STATIC.assign(t=1.0)),
        "Pass those and no others",
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static=STATIC.assign(t=1.0)[["s"]]),
    ),
    "more names than columns": remedy(
        lambda: fitted(MANY_SERIES, static="series"),
        "Leave static out, or pass features that several series share, as a table of one row",
        lambda: fitted(MANY_SERIES),
        lambda: fitted(MANY_SERIES, static=pd.DataFrame({"s": 1.0}, range(1100))),
    ),
    "features as one number for each series": remedy(
        lambda: windows(PANEL, static={"x": 1.0, "y": 2.0}),
        "Pass pd.DataFrame({'feature': static})",
        lambda: windows(PANEL, static=pd.DataFrame({"feature": {"x": 1.0, "y": 2.0}})),
    ),
    "more features of one series than of another": remedy(
        lambda: windows(PANEL, static={"x": [1.0, 2.0], "y": [2.0]}),
        "Add those that are missing",
        lambda: windows(PANEL, static={"x": [1.0, 2.0], "y": [2.0, 1.0]}),
    ),
    "weights of numbers that are series and times": remedy(
        lambda: weighed(pd.Series(1.0, range(40)), NUMBERED),
        "Index them by series and time: pd.Series(numbers, table.index)",
        lambda: weighed(pd.Series(np.ones(80), NUMBERED.index), NUMBERED),
    ),
    "a target of other dates": remedy(
        lambda: windows(target=TABLE["a"][::-1]),
        "Use target.reindex(series.index)",
        lambda: windows(target=TABLE["a"][::-1].reindex(TABLE.index)),
    ),
    "a target of a list of other dates": remedy(
        lambda: windows(LIST, target=[TABLE["a"], TABLE["a"][::-1]]),
        "Use target[1].reindex(series[1].index)",
        lambda: windows(LIST, target=[TABLE["a"], TABLE["a"][::-1].reindex(LIST[1].index)]),
    ),
    "short series on disk": remedy(
        lambda: windows(_on_disk(), short="mask"),
        "Load them, or pass short='drop'",
        lambda: windows([np.asarray(rows) for rows in _on_disk()], short="mask"),
        lambda: _drop_short(_on_disk()),
    ),
    "features that fit has not seen": remedy(
        lambda: fitted(PANEL).forecast(PANEL, static=STATIC),
        "Fit with static=, or leave them out",
        lambda: fitted(PANEL, static=STATIC).forecast(PANEL, static=STATIC),
        lambda: fitted(PANEL).forecast(PANEL),
    ),
    "numbers with a marker": remedy(
        lambda: fitted(MARKED),
        "errors='coerce'), and fill the NaN. If it holds categories, encode it",
        lambda: fitted(MARKED.assign(c=pd.to_numeric(MARKED["c"], errors="coerce").ffill())),
        lambda: fitted(pd.get_dummies(MARKED, columns=["c"], dtype=float)),
    ),
    "complex numbers in a table": remedy(
        lambda: fitted(WAVES),
        "table.assign(real=np.real(table['c']), imag=np.imag(table['c'])).drop(columns='c')",
        lambda: fitted(
            WAVES.assign(real=np.real(WAVES["c"]), imag=np.imag(WAVES["c"])).drop(columns="c")
        ),
    ),
    "a far horizon of a column beside text": remedy(
        lambda: SeriesForecaster(Ridge(), lookback=4, target="a").fit(KINDS).forecast(horizon=9),
        "or without columns of text or categories and with target=None",
        lambda: fitted(KINDS.drop(columns="kind")).forecast(horizon=9),
    ),
    "weights as an array": remedy(
        lambda: weighed(np.ones(40)),
        "Give it the index of the table: pd.Series(weights, table.index)",
        lambda: weighed(pd.Series(np.ones(40), TABLE.index)),
        lambda: weighed(pd.Series(np.ones(80), PANEL.index), PANEL),
    ),
    "two weights of a day": remedy(
        lambda: weighed(pd.concat([WEIGHTS, WEIGHTS[:1]])),
        "Keep the first of each: weights[~weights.index.duplicated()]",
        lambda: weighed(
            pd.concat([WEIGHTS, WEIGHTS[:1]])[~pd.concat([WEIGHTS, WEIGHTS[:1]]).index.duplicated()]
        ),
    ),
    "weights that lack a series": remedy(
        lambda: weighed({"x": 1.0}, PANEL),
        "Add it; 0 leaves a window out",
        lambda: weighed({"x": 1.0, "y": 0.0}, PANEL),
    ),
    "a series of categories alone": remedy(
        lambda: fitted(ONLY_KINDS),
        "Add it, or classify windows of make_windows(..., horizon=0)",
        lambda: fitted(KINDS),
        lambda: LSTMClassifier(2, max_epochs=1, random_state=0, device="cpu").fit(
            *windows(TABLE, horizon=0, target=ONLY_KINDS["kind"].to_numpy(str))
        ),
    ),
    "an encoder that needs a target": remedy(
        lambda: encoded(KINDS, TargetEncoder()),
        "Use a OneHotEncoder or an OrdinalEncoder, or encode the table before",
        lambda: encoded(KINDS, OneHotEncoder(sparse_output=False)),
        lambda: encoded(KINDS, OrdinalEncoder()),
        lambda: encoded(pd.get_dummies(KINDS, columns=["kind"], dtype=float)),
    ),
    "categories as target": remedy(
        lambda: SeriesForecaster(Ridge(), lookback=3, horizon=2, target="kind").fit(KINDS),
        "Name some of ['a', 'b']",
        lambda: SeriesForecaster(Ridge(), lookback=3, horizon=2, target="a").fit(KINDS),
    ),
    "a column with the name of encoded categories": remedy(
        lambda: fitted(KINDS.assign(kind_on=1.0)),
        "Rename that column",
        lambda: fitted(KINDS.assign(kind_on=1.0).rename(columns={"kind_on": "switch"})),
    ),
    "more categories than columns": remedy(
        lambda: encoded(LONG),
        "Drop columns that are not categories, or pass "
        "encoder=OneHotEncoder(max_categories=64, handle_unknown='infrequent_if_exist')",
        lambda: encoded(LONG.drop(columns="kind")),
        lambda: encoded(
            LONG, OneHotEncoder(max_categories=64, handle_unknown="infrequent_if_exist")
        ),
    ),
}


def _mask(table: pd.DataFrame) -> Any:
    flags = np.where(table["a"] > 0, "on", "off")
    return np.ma.masked_array(flags, mask=np.arange(len(flags)) == 2)


def _on_disk() -> list[Any]:
    return [zarr.array(TABLE.to_numpy()), zarr.array(TABLE.to_numpy()[:2])]


def _drop_short(series: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortSeriesWarning)
        return windows(series, short="drop")
