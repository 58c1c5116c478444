"""How many epochs and seconds a default forecaster takes, by the data.

Run with ``python -m benchmarks.speed.default_fits``; it takes a quarter of an hour of one core.
Every estimator is as its class makes it but for the seed, and stands on its default baseline: the
seconds hold the networks that are trained beside blocks too. They are processor time, in one
thread.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, ResultFile, write_report
from benchmarks.lib.tables import markdown_table
from stforecast import CNNLSTMForecaster, ConvLSTMForecaster, LSTMForecaster, make_windows
from stforecast.datasets import load_household_power, make_rain_cells

NETWORKS = {
    "LSTM": LSTMForecaster,
    "CNN-LSTM": CNNLSTMForecaster,
    "ConvLSTM": ConvLSTMForecaster,
}


@dataclass(frozen=True)
class Case:
    """Data that a network is fitted on.

    Parameters
    ----------
    name : str
        What the table calls them.
    load : callable
        Gives the series, or the panel.
    lookback, horizon : int
        Rows in a window, and rows to forecast.
    networks : tuple of str
        Which networks are made for such data.
    """

    name: str
    load: Callable[[], Any]
    lookback: int
    horizon: int
    networks: tuple[str, ...] = tuple(NETWORKS)


def cases() -> list[Case]:
    """Return the data, from small to large."""
    from sktime.datasets import load_airline

    return [
        Case("passengers, monthly", lambda: load_airline().astype(float), 24, 12),
        Case("household, daily", lambda: _power("D"), 28, 7),
        Case("household, a year of hours", lambda: _power("h").iloc[-8760:], 168, 24),
        Case("panel of 168 hours of the week", _weekly_panel, 26, 4),
        Case("40 made films of rain, 32 x 32", _rain, 6, 1, ("ConvLSTM",)),
    ]


def _power(resolution: str) -> pd.Series:
    return load_household_power(resolution)["Global_active_power"].loc[:"2010-11-25"]


def _weekly_panel() -> pd.Series:
    """Each hour of the week as a series of weeks."""
    hours = _power("h")
    week = hours.index.to_period("W").start_time
    hour = (hours.index.dayofweek * 24 + hours.index.hour).rename("hour")
    whole = week.to_series().groupby(week).transform("size").to_numpy() == 168
    panel = hours.set_axis(pd.MultiIndex.from_arrays([hour, week.rename("week")]))
    return panel[whole].sort_index()


def _rain() -> list[np.ndarray]:
    return list(make_rain_cells(40, 20, 32, random_state=0))


def fit_once(case: Case, network: str) -> dict[str, float]:
    """Return the windows, the epochs, the share and the seconds of a default fit."""
    X, y = make_windows(case.load(), lookback=case.lookback, horizon=case.horizon)
    model = NETWORKS[network](random_state=0, device="cpu")
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    return {
        "windows": len(X),
        "rows": len(X.base),
        "epochs": len(model.history_),
        "share": round(model.network_share_, 2),
        "seconds": round(time.process_time() - start, 1),
    }


def report(content: dict[str, Any]) -> str:
    """Return the table."""
    head = ["data", "rows", "lookback", "windows", "network", "epochs", "share", "seconds"]
    rows = [
        [
            case.name,
            f"{found['rows']:,}",
            str(case.lookback),
            f"{found['windows']:,}",
            network,
            str(found["epochs"]),
            f"{found['share']:g}",
            f"{found['seconds']:,.0f}",
        ]
        for case in cases()
        for network, found in content.get(case.name, {}).items()
    ]
    return markdown_table(head, rows)


def main() -> None:
    """Fit what is missing, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS / "speed")
    parser.add_argument("--cases", nargs="*", help="names, or the beginnings of some")
    options = parser.parse_args()
    torch.set_num_threads(1)
    file = ResultFile(options.out / "default_fits.json")
    fit_once(Case("warm-up", lambda: np.arange(60.0) % 7, 7, 1), "LSTM")
    for case in cases():
        if options.cases and not case.name.startswith(tuple(options.cases)):
            continue
        for network in case.networks:
            compute = partial(fit_once, case, network)
            print(case.name, network, file.result(case.name, network, compute=compute), flush=True)
    title = "# Epochs and seconds of default fits"
    machine = f"Processor seconds of one thread, {describe_machine()}."
    parts = [title, report(file.content), machine]
    write_report("\n\n".join(parts), options.out / "default_fits.md")


if __name__ == "__main__":
    main()
