"""The household power set at hourly and coarser resolutions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.tseries import offsets
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset

from stforecast._constraints import Flags
from stforecast._validation import check_choice
from stforecast.datasets._minutes import MINUTE_COLUMNS, add_unmetered_energy
from stforecast.datasets._package_files import find_shipped_file

_HOUR = pd.Timedelta(1, "h")
_CALENDAR = (
    offsets.Day,
    offsets.Week,
    offsets.MonthBegin,
    offsets.MonthEnd,
    offsets.QuarterBegin,
    offsets.QuarterEnd,
    offsets.YearBegin,
    offsets.YearEnd,
)


def load_household_power(
    resolution: str | BaseOffset = "h", *, aggregate: str = "sum", fill: bool = True
) -> pd.DataFrame:
    """Load four years of one household's electric power, hourly or coarser.

    A house in Sceaux near Paris, measured every minute from 2006-12-16 17:24 to 2010-11-26 21:02
    (2,075,259 minutes, 25,979 of them missing). The hourly sums come with the library; nothing is
    downloaded. The minutes themselves are `fetch_household_power`'s.

    Parameters
    ----------
    resolution : str or pandas offset, default="h"
        Length of a row: an hour or whole hours (``"h"``, ``"6h"``), or days, weeks, months,
        quarters or years (``"D"``, ``"W-SAT"``, ``"MS"``, ...), labelled as pandas' `resample`
        labels them: ``"W-SAT"`` is the week from Sunday to the Saturday that names it.
    aggregate : {"sum", "mean"}, default="sum"
        ``"sum"`` adds up the minute values, the unit of all published errors on this set;
        ``"mean"`` averages them over the minutes of the record in the row.
    fill : bool, default=True
        Whether missing minutes hold the value of the same minute one day before (repeatedly: gaps
        last up to five days). With False every row with a missing minute is NaN.

    Returns
    -------
    DataFrame
        One row a period, a `DatetimeIndex` with `freq` named ``datetime``, and eight float64
        columns. The units are those of one minute's value:

        ======================= ======= ====================================================
        column                  unit    meaning
        ======================= ======= ====================================================
        Global_active_power     kW      active power, averaged over the minute
        Global_reactive_power   kW      reactive power, averaged over the minute
        Voltage                 V       voltage, averaged over the minute
        Global_intensity        A       current, averaged over the minute
        Sub_metering_1          Wh      kitchen
        Sub_metering_2          Wh      laundry room
        Sub_metering_3          Wh      water heater and air conditioner
        sub_metering_4          Wh      what the three meters miss: `1000 / 60 *
                                        Global_active_power` less the three
        ======================= ======= ====================================================

        The frame is a fresh copy at every call.

    Raises
    ------
    ValueError
        If `resolution` is finer than an hour, no whole number of hours or no frequency at all,
        `aggregate` is unknown, or `fill` is not a flag.
    DataNotFoundError
        If the data file is missing from the installation.

    See Also
    --------
    fetch_household_power : The minute record itself.

    Notes
    -----
    A sum of kW over minutes becomes energy in kWh when divided by 60.

    The record starts and ends within an hour, so the first row (36 minutes in the first hour, 396
    in the first day) and the last (3 minutes in the last hour, 1263 in the last day) are shorter
    than the rest. Time stamps are the meter's clock as recorded, without zone; it runs through the
    changes of summer time with neither gap nor repetition.

    Loading takes about 0.1 s.

    References
    ----------
    .. [1] G. Hebrail and A. Berard, "Individual Household Electric Power Consumption", UCI Machine
       Learning Repository, 2012. https://doi.org/10.24432/C58K54 (CC BY 4.0)

    Examples
    --------
    >>> from stforecast.datasets import load_household_power
    >>> daily = load_household_power("D")
    >>> daily.shape
    (1442, 8)
    >>> daily["Global_active_power"].head(3).round(3).tolist()
    [1209.176, 3390.46, 2203.826]
    """
    offset = _check_resolution(resolution)
    check_choice("aggregate", aggregate, ("sum", "mean"))
    Flags().check("fill", fill)
    periods = _read_hours().resample(offset)
    table = periods[list(MINUTE_COLUMNS)].sum()
    if aggregate == "mean":
        # by the minutes that were recorded: the first and the last period are cut
        table = table.div(periods["minutes"].sum(), axis=0)
    if not fill:
        # the sums are of filled minutes, so a period with one that was missing is dropped whole
        table = table.where(periods["missing_share"].max() == 0.0)
    return add_unmetered_energy(table)


def _read_hours() -> pd.DataFrame:
    """Read the hourly file: filled sums, minutes of record and share of missing ones by hour."""
    hours = pd.read_csv(
        find_shipped_file("household_power", "household_power_hours.csv.xz"),
        index_col="datetime",
        parse_dates=["datetime"],
        date_format="%Y-%m-%d %H:%M",
        dtype=np.float64,
    )
    return hours.asfreq("h")


def _check_resolution(resolution: str | BaseOffset) -> BaseOffset:
    """Return the offset that `resolution` names if rows of hours can be summed to it."""
    offset = _as_offset(resolution)
    if isinstance(offset, offsets.Tick):
        # hours and minutes have one length, and a period must not cut an hour
        summable = pd.Timedelta(offset) % _HOUR == pd.Timedelta(0)
    else:
        summable = isinstance(offset, _CALENDAR)
    if summable and offset.n > 0:
        return offset
    raise ValueError(
        "resolution must be a whole number of hours, days, weeks, months, quarters or years, got "
        f"{resolution!r}. For anything finer resample fetch_household_power(), the minutes."
    )


def _as_offset(resolution: str | BaseOffset) -> BaseOffset:
    try:
        offset = to_offset(resolution)
    except (ValueError, TypeError) as error:
        raise ValueError(_resolution_message(resolution)) from error
    if offset is None:
        raise ValueError(_resolution_message(resolution))
    return offset


def _resolution_message(resolution: object) -> str:
    return (
        "resolution must be a pandas frequency such as 'h', '6h', 'D', 'W-SAT' or 'MS', "
        f"got {resolution!r}."
    )
