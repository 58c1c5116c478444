"""The one function that turns a series into windows and targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from stforecast._validation import check_choice, check_integer
from stforecast.windows._batches import Array, Rows, in_memory
from stforecast.windows._covariates import covariate_part, static_part
from stforecast.windows._geometry import Integers, check_long_enough, panel_ends
from stforecast.windows._short_series import SHORT, settle_short
from stforecast.windows._steps import Flat
from stforecast.windows._target import Target
from stforecast.windows._target_rows import select_target
from stforecast.windows._values import check_any, check_series, check_target
from stforecast.windows._windows import Windows
from stforecast.windows.sources._labels import ColumnLabels
from stforecast.windows.sources._read_series import read_series
from stforecast.windows.sources._time_series import TimeSeries

_MISSING_POLICIES = ("error", "mask")
_COLUMN_BLOCK = 64


def make_windows(
    series: Any,
    *,
    lookback: int,
    horizon: int = 1,
    target: Any = None,
    known: Any = None,
    static: Any = None,
    stride: int = 1,
    gap: int = 0,
    missing: str = "error",
    short: str = "drop",
) -> tuple[Windows, Any]:
    """Return every window of a series and the horizon that follows each.

    A window holds the `lookback` rows up to its forecast origin; its target the `horizon` rows
    that start `gap` rows after the origin. Nothing is copied until windows are read.

    Parameters
    ----------
    series : DataFrame, Series, ndarray, memmap, xarray, dask or zarr array, or list of these
        One row a time step. Tables need a regular Datetime, Period, Timedelta or integer index; a
        table indexed by (series, time) and a list are panels, whose windows never cross from one
        series into the next. Arrays are (N,), (N, C), maps (N, H, W) or (N, C, H, W).
    lookback : int
        Rows in a window.
    horizon : int, default=1
        Rows to forecast; 0 gives the target at the origin itself, for classification. Channels
        that `target` names are then taken out of the windows, which hold that row.
    target : column or variable name, list of names, channel number(s) or array, optional
        What to forecast; every column by default. An array has one entry for each row of
        `series` (one array for each series of a list). A table must have its index, or be
        numbered from 0 where the rows have dates: then its order counts.
    known : DataFrame or array of shape (N or more, K), optional
        Covariates known ahead, such as the calendar. Tables are aligned by label, arrays from the
        first row; they must reach the last target row. They become part ``"known"`` (n, horizon,
        K). A list for a list of series; a table by time alone serves every series of a panel.
    static : DataFrame, mapping or array of shape (series, S), optional
        Features of each series of a panel; part ``"static"`` (n, S). Rows are found by the names of
        the series; those of an array, or numbered from 0 beside names, are in their order.
    stride : int, default=1
        Rows from one origin to the next.
    gap : int, default=0
        Rows between the origin and the first row forecast.
    missing : {"error", "mask"}, default="error"
        What NaN in `series` does: raise, or stay for estimators to mask. Only series in memory are
        looked at: NaN on disk passes into windows with either.
    short : {"drop", "mask", "error"}, default="drop"
        What becomes of series of a panel that are shorter than lookback + gap + horizon rows:
        they are left out with a warning that names them; or those of at least 1 + gap + horizon
        rows are padded in front with NaN to one window, for estimators to mask; or they raise.

    Returns
    -------
    X : Windows of shape (n, lookback, C) or (n, lookback, C, H, W)
        The windows, lazy.
    y : DataFrame, ndarray or Windows of shape (n, horizon * outputs)
        Targets, step-major, at the precision of the source. From a table a DataFrame indexed by
        origin with (step, target) columns; lazy for maps and stored arrays. With ``horizon=0``
        the target at each origin, of any dtype: 1-D for one target.

    Raises
    ------
    SeriesTooShortError
        If no series holds lookback + gap + horizon rows, or some do not with ``short="error"``.
    ValueError
        If ``horizon=0`` and the windows would hold their own target, or nothing else.
    IrregularIndexError
        If an index is unsorted (but for a table by series and time), duplicated or has steps of
        different length.
    MissingValuesError
        If values are NaN (unless ``missing="mask"``) or infinite, or all of them are NaN.

    Warns
    -----
    ShortSeriesWarning
        If some series of a panel are too short for a window; they are left out, and named.

    Notes
    -----
    Row `o` being the origin, step k of the target (k = 1 .. horizon) is row ``o + gap + k``. The
    window sees rows ``o - lookback + 1 .. o`` of `series` and the known part rows
    ``o + gap + 1 .. o + gap + horizon`` of `known`.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast import make_windows
    >>> power = pd.Series(range(6), pd.date_range("2010-11-21", periods=6), dtype=float, name="kW")
    >>> X, y = make_windows(power, lookback=3, horizon=2)
    >>> X
    Windows(2 windows of (3, 1), float64; holds 0.0 MB for 0.0 MB of windows)
    >>> y
    step          1    2
    target       kW   kW
    2010-11-23  3.0  4.0
    2010-11-24  4.0  5.0
    """
    lookback = check_integer("lookback", lookback, 1)
    horizon = check_integer("horizon", horizon, 0)
    gap = check_integer("gap", gap, 0)
    stride = check_integer("stride", stride, 1)
    masked = check_choice("missing", missing, _MISSING_POLICIES) == "mask"
    check_choice("short", short, SHORT)
    source = read_series(series)
    check_any("series", source.values)
    check_series(series, source, masked)
    check_long_enough(source.bounds, lookback=lookback, horizon=horizon, gap=gap)
    outputs, labels, channels = select_target(source, target)
    if horizon:
        _check_forecast(outputs)
    layout = Target(horizon, gap, outputs.shape[1:], labels, channels if horizon else None)
    inputs = source if horizon or target is None else drop_answers(source, outputs, channels)
    reach = gap + horizon
    panel, shifts = settle_short(inputs, lookback + reach, 1 + reach, short)
    ends = panel_ends(panel.bounds, lookback=lookback, horizon=horizon, gap=gap, stride=stride)
    X = _windows(panel, ends, lookback, layout, masked or short == "mask")
    # padding moves the rows of a panel down, but targets and covariates are rows of the source
    ends = ends - shifts[panel.series_numbers(ends)]
    if source.is_list and source is not series:
        X = replace(X, timeline=replace(X.timeline, has_names=False))
    X = _add_parts(X, ends, source, known, static)
    if horizon == 0:
        return X, _labels_at_origin(X, ends, outputs)
    if outputs is not source.values:
        check_target(outputs, source, layout.labels, masked)
    return X, _horizons(X, ends, outputs, source)


def latest_windows(
    series: Any,
    *,
    lookback: int,
    horizon: int = 1,
    target: Any = None,
    known: Any = None,
    static: Any = None,
    gap: int = 0,
    missing: str = "error",
    short: str = "drop",
) -> Windows:
    """Return the last window of each series, whose horizon lies beyond the data.

    What was fitted on windows of `make_windows` forecasts from these what follows the series;
    `Windows.unflatten` labels the forecast. `SeriesForecaster.forecast` does both in one step.

    Parameters
    ----------
    series : DataFrame, Series, ndarray, memmap, xarray, dask or zarr array, or list of these
        One row a time step, as for `make_windows`; at least `lookback` rows.
    lookback : int
        Rows in a window.
    horizon : int, default=1
        Rows to forecast.
    target : column or variable name, list of names, channel number(s) or array, optional
        What to forecast, as for `make_windows`.
    known : DataFrame or array of shape (N + gap + horizon or more, K), optional
        Covariates known ahead; they must reach ``gap + horizon`` rows beyond the series.
    static : DataFrame, mapping or array of shape (series, S), optional
        Features of each series of a panel.
    gap : int, default=0
        Rows between the end of the series and the first row to forecast.
    missing : {"error", "mask"}, default="error"
        What NaN in `series` does: raise, or stay for estimators to mask. Only series in memory are
        looked at: NaN on disk passes into windows with either.
    short : {"drop", "mask", "error"}, default="drop"
        What becomes of series of a panel that are shorter than `lookback`: they are left out with
        a warning that names them, are padded in front with NaN, or raise. Take what
        `make_windows` took.

    Returns
    -------
    Windows of shape (series, lookback, C) or (series, lookback, C, H, W)
        One window for each series, lazy.

    Raises
    ------
    SeriesTooShortError
        If no series holds `lookback` rows, or some do not with ``short="error"``.
    IrregularIndexError
        If an index is unsorted (but for a table by series and time), duplicated or has steps of
        different length.
    MissingValuesError
        If values are NaN (unless ``missing="mask"``) or infinite, or all of them are NaN.

    Warns
    -----
    ShortSeriesWarning
        If some series of a panel are too short for a window; they are left out, and named.

    See Also
    --------
    make_windows : All windows of a series, with their targets.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast.windows import Flatten, latest_windows, make_windows
    >>> power = pd.Series(range(6), pd.date_range("2010-11-21", periods=6), dtype=float, name="kW")
    >>> model = make_pipeline(Flatten(), Ridge(1e-6)).fit(*make_windows(power, lookback=3))
    >>> X = latest_windows(power, lookback=3)
    >>> X.unflatten(model.predict(X)).round(2)
    step          1
    target       kW
    2010-11-26  6.0
    """
    lookback = check_integer("lookback", lookback, 1)
    horizon = check_integer("horizon", horizon, 1)
    gap = check_integer("gap", gap, 0)
    masked = check_choice("missing", missing, _MISSING_POLICIES) == "mask"
    pads = check_choice("short", short, SHORT) == "mask"
    source = read_series(series)
    check_series(series, source, masked)
    if source.panel is None or not pads:
        check_long_enough(source.bounds, lookback=lookback, horizon=0, gap=0)
    panel, _ = settle_short(source, lookback, 1, short)
    ends = panel.bounds[1:][panel.lengths >= lookback]
    outputs, labels, channels = select_target(source, target)
    layout = Target(horizon, gap, outputs.shape[1:], labels, channels)
    X = _windows(panel, ends, lookback, layout, masked or pads)
    return _add_parts(X, source.bounds[1:][panel.lengths >= lookback], source, known, static)


def _windows(
    source: TimeSeries, ends: Integers, lookback: int, target: Target, masked: bool
) -> Windows:
    columns = source.labels.names if source.is_table else None
    return Windows(
        source.values,
        ends,
        lookback,
        timeline=source.timeline,
        target=target,
        masked=masked,
        columns=columns,
        names={} if source.is_table else source.labels.axes,
    )


def _add_parts(X: Windows, ends: Integers, source: TimeSeries, known: Any, static: Any) -> Windows:
    """Return windows, which end at rows of the source, with their covariates and their names."""
    if known is not None:
        assert X.target is not None
        part, names = covariate_part(source, known, X.target, ends)
        X = X.with_parts({"known": part}, {"known": names})
    if static is not None:
        features, names = static_part(source, static, ends)
        X = X.with_parts({"static": features}, {"static": names})
    return X


def drop_answers(source: TimeSeries, outputs: Rows, channels: tuple[int, ...] | None) -> TimeSeries:
    """Return a series without the channels that its target at the origin names.

    The last row of a window is the row of its target, so these channels would be the answer.
    """
    if channels is None:
        _check_no_answer(source, outputs)
        return source
    inputs = np.setdiff1d(np.arange(source.frame[0]), channels)
    if not len(inputs):
        raise ValueError(
            "With horizon=0 a window holds the row of its target, so the channels in target are "
            "taken out of the windows, and here nothing is left. Add other columns, or set "
            "horizon=1 to forecast the target from its own past."
        )
    return source.pick(inputs)


def _check_no_answer(source: TimeSeries, outputs: Rows) -> None:
    """Raise if a target that was given as values is a channel of the windows."""
    if outputs.dtype.kind not in "fiub" or not in_memory(source.values):
        return
    values = np.asarray(outputs).reshape(len(outputs), -1)
    rows = np.asarray(source.values).reshape(len(outputs), -1)
    # by digests: comparing each target with each channel would take the product of their numbers
    numbers: dict[bytes, int] = {}
    for number, key in enumerate(_as_keys(rows)):
        numbers.setdefault(key, number)
    for key, column in zip(_as_keys(values), values.T, strict=True):
        if key not in numbers or not _varies(column):
            continue
        number = numbers[key] // max(1, rows.shape[1] // source.frame[0])
        name = source.labels.names[number] if source.labels.names else number
        raise ValueError(
            f"With horizon=0 a window holds the row of its target, but target has the values "
            f"of channel {name!r}, so each window holds its answer. Pass target={name!r} to "
            "take that channel out of the windows."
        )


def _varies(column: Array) -> bool:
    present = column[~np.isnan(column)]
    return bool((present != present[:1]).any())


def _as_keys(rows: Array) -> Iterator[bytes]:
    """Return a digest of each column, by which equal ones are found in one pass over both."""
    for start in range(0, rows.shape[1], _COLUMN_BLOCK):
        # one order in memory, one type, and one zero and one NaN, so that equal means equal bytes
        columns = rows[:, start : start + _COLUMN_BLOCK].T.astype(np.float64, order="C") + 0.0
        columns[np.isnan(columns)] = np.nan
        for column in columns:
            yield blake2b(column, digest_size=16).digest()


def _check_forecast(outputs: Rows) -> None:
    if outputs.dtype.kind not in "fiub":
        raise ValueError(
            f"What is forecast must be numeric, but target is an array of {outputs.dtype}. Convert "
            "it with astype, or set horizon=0 to classify windows."
        )


def _horizons(X: Windows, ends: Integers, outputs: Rows, source: TimeSeries) -> Any:
    """Return the targets: lazy for maps and stored arrays, else an array or a labelled table."""
    target = X.target
    assert target is not None
    # targets are windows too: of horizon rows, that end where the reach of each window does
    y = Windows(outputs, ends + target.reach, target.horizon, steps=(Flat(),), masked=X.masked)
    if not y.in_memory or len(outputs.shape) > 2:
        return replace(y, timeline=replace(source.timeline, has_names=X.timeline.has_names))
    values = np.asarray(y)
    return X.unflatten(values) if isinstance(target.labels, ColumnLabels) else values


def _labels_at_origin(X: Windows, ends: Integers, outputs: Any) -> Any:
    values = np.asarray(outputs[:])[ends - 1]
    single = values.ndim == 2 and values.shape[1] == 1
    target = X.target
    assert target is not None
    if not isinstance(target.labels, ColumnLabels):
        return values[:, 0] if single else values
    names = list(target.labels.names)
    if single:
        return pd.Series(values[:, 0], index=X.origins, name=names[0])
    return pd.DataFrame(values, index=X.origins, columns=names)
