"""Features of the calendar: what a time stamp alone tells about its row."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast._validation import check_choice, check_integer
from stforecast.windows.sources._calendars import days_in_year, is_cftime

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Cycle:
    """One turn of the calendar: where in it a time stamp stands, and in which of its cells.

    `limit` is the highest harmonic that whole cells can tell from a lower one.
    """

    turn: Callable[[Any], _Floats]
    cell: Callable[[Any], pd.Index]
    cells: range
    limit: int


def _day_phase(stamps: Any) -> _Floats:
    seconds = stamps.hour * 3600 + stamps.minute * 60 + stamps.second
    return np.asarray(seconds, dtype=np.float64) / 86400.0


def _week_phase(stamps: Any) -> _Floats:
    return np.asarray(stamps.dayofweek, dtype=np.float64) / 7.0


def _year_phase(stamps: Any) -> _Floats:
    day = np.asarray(stamps.dayofyear, dtype=np.float64) - 1.0
    if is_cftime(stamps):
        return np.divide(day, days_in_year(stamps))
    return day / np.where(stamps.is_leap_year, 366.0, 365.0)


def _month_phase(stamps: Any) -> _Floats:
    return (np.asarray(stamps.month, dtype=np.float64) - 1.0) / 12.0


CYCLES = {
    "hour": _Cycle(_day_phase, lambda stamps: stamps.hour, range(24), limit=43200),
    "weekday": _Cycle(_week_phase, lambda stamps: stamps.dayofweek, range(7), limit=3),
    "month": _Cycle(_month_phase, lambda stamps: stamps.month, range(1, 13), limit=5),
    "yearday": _Cycle(_year_phase, lambda stamps: stamps.dayofyear, range(1, 367), limit=182),
}
_ENCODINGS = ("cyclic", "onehot")


def calendar_features(
    index: Any,
    *,
    features: Iterable[str] = ("hour", "weekday", "yearday"),
    encoding: str | Mapping[str, str] = "cyclic",
    harmonics: int | Mapping[str, int] = 1,
    holidays: str | Collection[Any] | None = None,
) -> pd.DataFrame:
    """Make known-future covariates from time stamps: hour, weekday, season, holidays.

    Every row depends on its own time stamp and on nothing else, so the features of the past and
    of the days to be forecast can be made apart or together: they are the same numbers, with the
    same columns. Give them to `make_windows` or to a forecaster as ``known``.

    Parameters
    ----------
    index : DatetimeIndex, PeriodIndex or CFTimeIndex
        The time stamps, in any order, of any frequency or none. A period counts as its first
        moment; stamps with a time zone are read on the clock of that zone, and those of cftime in
        their calendar, whose years may have 360 days.
    features : iterable of str, default=("hour", "weekday", "yearday")
        Which turns of the calendar, in the order of the columns: ``"hour"`` (of the day, minutes
        included where cyclic), ``"weekday"`` (Monday is 0), ``"month"``, ``"yearday"`` (of 365
        or, in a leap year, 366 days). Leave out what does not vary: the hour of daily rows.
    encoding : {"cyclic", "onehot"} or dict, default="cyclic"
        ``"cyclic"``: sine and cosine, so that 23 h is next to 0 h. ``"onehot"``: a column of zeros
        and ones for each hour, weekday, month or day, whether it occurs or not. A dict gives one
        for each feature, ``"cyclic"`` for those left out.
    harmonics : int or dict, default=1
        Number of sine and cosine pairs: with K pairs a linear model can follow K waves a turn.
        At most 3 for weekday, 5 for month and 182 for yearday; more would repeat columns. A dict
        gives one for each feature, 1 for those left out.
    holidays : str, collection of dates, or None, default=None
        Adds a column ``holiday``, 1 on holidays and 0 elsewhere: a country by its code (``"FR"``,
        or with a part of it ``"DE-BY"``; needs the ``holidays`` package), or the dates themselves.

    Returns
    -------
    DataFrame
        float64, with `index` as its index and columns such as ``weekday_sin_1``,
        ``weekday_cos_1``, ``weekday_0``, ``holiday``.

    Raises
    ------
    TypeError
        If `index` holds no time stamps, or `features` is a string.
    ValueError
        If a time stamp is missing, or a feature, an encoding, a number of harmonics or a country
        is not known.
    ImportError
        If a country is given and the ``holidays`` package is not installed.

    See Also
    --------
    make_windows : Takes the features as its ``known`` covariates.

    Notes
    -----
    With p the share of a turn that has passed, harmonic k is sin(2 pi k p) and cos(2 pi k p). For
    the yearday p = (day - 1) / (365 or 366): the first of January is at 0 in every year, and
    the 31st of December is one day short of 1. The cost is linear in rows x columns; a year of
    hours takes about 5 ms.

    Holidays by country come from law as the installed version of the ``holidays`` package knows
    it; another version may differ. Pass dates where that matters.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.windows import calendar_features
    >>> days = pd.date_range("2010-12-31", periods=2, freq="D")
    >>> calendar_features(days, features=["yearday"]).round(3)
                yearday_sin_1  yearday_cos_1
    2010-12-31         -0.017            1.0
    2011-01-01          0.000            1.0
    >>> calendar_features(days, features=["weekday"], encoding="onehot").idxmax(axis=1).tolist()
    ['weekday_4', 'weekday_5']
    >>> calendar_features(days, features=[], holidays=["2011-01-01"])["holiday"].tolist()
    [0.0, 1.0]
    """
    stamps = _as_stamps(index)
    names = _check_features(features)
    encodings = _spread_features("encoding", encoding, names, "cyclic")
    counts = _spread_features("harmonics", harmonics, names, 1)
    columns: dict[str, _Floats] = {}
    for name in names:
        if check_choice("encoding", encodings[name], _ENCODINGS) == "onehot":
            columns |= _onehot(name, stamps)
        else:
            columns |= _waves(name, stamps, _check_harmonics(name, counts[name]))
    if holidays is not None:
        columns["holiday"] = _holiday(stamps, holidays)
    return pd.DataFrame(columns, index=index, dtype=np.float64)


def _as_stamps(index: Any) -> Any:
    """Return naive time stamps of `index` on its own clock, those of cftime as they are."""
    if is_cftime(index):
        return index
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(
            "index must be a DatetimeIndex or a PeriodIndex, got "
            f"{type(index).__name__}. Pass the index of the series, or pd.to_datetime of its dates."
        )
    if index.hasnans:
        raise ValueError(
            f"index must hold time stamps throughout, but {int(np.sum(index.isna()))} are missing "
            "(NaT). Drop those rows."
        )
    return index.tz_localize(None)


def _check_features(features: Iterable[str]) -> tuple[str, ...]:
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise TypeError(f"features must be a list of names, got {features!r}. Put it in brackets.")
    return tuple(check_choice("features", name, tuple(CYCLES)) for name in features)


def _spread_features(
    parameter: str, value: Any, names: tuple[str, ...], default: Any
) -> Mapping[str, Any]:
    """Spread one value over all features, or complete a dict of them."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(names, value)
    unknown = [key for key in value if key not in names]
    if unknown:
        raise ValueError(
            f"{parameter} names {unknown[0]!r}, which is not among features = {list(names)}. "
            "Add it there or leave it out here."
        )
    return dict.fromkeys(names, default) | dict(value)


def _check_harmonics(name: str, count: Any) -> int:
    limit = CYCLES[name].limit
    if check_integer("harmonics", count, 1) <= limit:
        return int(count)
    raise ValueError(
        f"harmonics of {name} must be at most {limit}, got {count}: higher ones repeat lower ones."
    )


def _waves(name: str, stamps: Any, harmonics: int) -> dict[str, _Floats]:
    angle = 2.0 * math.pi * CYCLES[name].turn(stamps)
    columns = {}
    for k in range(1, harmonics + 1):
        columns[f"{name}_sin_{k}"] = np.sin(k * angle)
        columns[f"{name}_cos_{k}"] = np.cos(k * angle)
    return columns


def _onehot(name: str, stamps: Any) -> dict[str, _Floats]:
    cell = np.asarray(CYCLES[name].cell(stamps))
    return {f"{name}_{value}": (cell == value).astype(np.float64) for value in CYCLES[name].cells}


def _holiday(stamps: Any, holidays: str | Collection[Any]) -> _Floats:
    if is_cftime(stamps):
        raise TypeError(
            f"holidays must fall on days of the usual calendar, but index is one of cftime's "
            f"{stamps.calendar!r}. Leave holidays out, or convert the series: "
            "series.convert_calendar('standard', missing=float('nan'))."
        )
    days = stamps.normalize()
    if isinstance(holidays, str):
        holidays = _country_holidays(holidays)
    if isinstance(holidays, Mapping):
        # A calendar of the holidays package fills in a year when asked for one of its days.
        for year in set(days.year):
            holidays.get(dt.date(year, 1, 1))
    if not isinstance(holidays, Iterable):
        raise TypeError(
            "holidays must be a country's code such as 'FR' or 'DE-BY', or dates, got "
            f"{holidays!r}."
        )
    dates = pd.DatetimeIndex(pd.to_datetime(list(holidays))).tz_localize(None).normalize()
    return np.asarray(days.isin(dates), dtype=np.float64)


def _country_holidays(code: str) -> Collection[Any]:
    """Ask the `holidays` package for the days off of a country, or of a part of it."""
    try:
        from holidays import country_holidays
    except ImportError as error:
        raise ImportError(
            f"holidays={code!r} needs the holidays package. Install it with 'pip install "
            "holidays', or pass the dates themselves."
        ) from error
    country, _, part = code.partition("-")
    try:
        return country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ValueError(
            f"holidays must be a country's code such as 'FR' or 'DE-BY', or dates, got {code!r}. "
            "The holidays package knows no such country or part."
        ) from error
