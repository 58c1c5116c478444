"""What is compared: formulas, statistical models, regressions on windows, networks and means."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.accuracy.panels.forecasters import (
    Formula,
    Kept,
    MeanForecast,
    PanelForecaster,
    WindowRegression,
)
from benchmarks.accuracy.panels.formulas import naive2, seasonal_naive
from benchmarks.accuracy.panels.networks import MEMBERS, Setting, network
from benchmarks.accuracy.panels.regressions import boosting, ridge

Methods = dict[str, PanelForecaster]
OURS = "ConvLSTM"  # how the names of networks begin
BOTH = f"{OURS}, mean of both"


def free_methods(season: int, folder: Path) -> Methods:
    """Return what needs no other environment: formulas, and regressions on the same windows."""
    methods: Methods = {
        "seasonal naive": Formula(seasonal_naive, season),
        "Naive2": Formula(naive2, season),
    }
    for member in MEMBERS:
        for name, build in (("ridge", ridge), ("LightGBM", boosting)):
            methods[f"{name}, {member.seasons} seasons"] = WindowRegression(
                build, season, member.seasons
            )
    return keep(methods, folder)


def peers(season: int, folder: Path, python: str) -> Methods:
    """Return statistical models of each series, in an environment with statsforecast."""
    functions = {name: partial(statistical, name, python) for name in ("AutoETS", "Theta")}
    return keep({name: Formula(one, season) for name, one in functions.items()}, folder)


def statistical(
    model: str, python: str, series: list[np.ndarray], season: int, horizon: int
) -> np.ndarray:
    """Forecast by AutoETS or Theta, in an environment with statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "panel.npz"), Path(folder, "forecasts.npy")
        ends = np.cumsum([len(rows) for rows in series])
        np.savez(source, rows=np.concatenate(series), ends=ends, season=season, horizon=horizon)
        script = Path(__file__).with_name("statistical.py")
        subprocess.run([python, str(script), model, str(source), str(target)], check=True)
        return np.load(target)


def networks(
    members: tuple[Setting, ...], seeds: int, season: int, folder: Path
) -> dict[str, list[PanelForecaster]]:
    """Return under each name the networks of all seeds, and of both lookbacks their mean."""
    runs = {
        f"{OURS}, {member.seasons} seasons": [
            one_network(member, seed, season, folder) for seed in range(seeds)
        ]
        for member in members
    }
    pairs = [MeanForecast(list(pair)) for pair in zip(*runs.values(), strict=True)]
    return {**runs, BOTH: pairs}


def seed_methods(runs: dict[str, list[PanelForecaster]]) -> Methods:
    """Return the networks of all seeds, each under a name of its own."""
    return {
        f"{name}, seed {seed}": model
        for name, models in runs.items()
        for seed, model in enumerate(models)
    }


def mean_scores(runs: dict[str, list[PanelForecaster]]) -> dict[str, str]:
    """Return for each network of a seed what the mean score of all seeds is called."""
    return {
        f"{name}, seed {seed}": f"{name}, mean score of {_seeds(models)}"
        for name, models in runs.items()
        for seed in range(len(models))
    }


def averages(runs: dict[str, list[PanelForecaster]]) -> Methods:
    """Return the mean forecast of all seeds of each network."""
    return {
        f"{name}, forecasts of {_seeds(models)} averaged": MeanForecast(models)
        for name, models in runs.items()
    }


def interval_methods(runs: dict[str, list[PanelForecaster]]) -> Methods:
    """Return the mean bounds of all seeds of each network of quantiles."""
    return {f"{name}, {_seeds(models)}": MeanForecast(models) for name, models in runs.items()}


def _seeds(models: list[PanelForecaster]) -> str:
    return f"{len(models)} seed{'s' * (len(models) > 1)}"


def one_network(member: Setting, seed: int, season: int, folder: Path) -> PanelForecaster:
    """Return a network of one seed, whose forecasts are kept."""
    forecaster = WindowRegression(
        partial(network, setting=member, seed=seed),
        season,
        member.seasons,
        log=member.log,
        quantiles=member.quantiles,
    )
    return Kept(forecaster, kept_file(folder, f"{member} {seed}"))


def keep(methods: Methods, folder: Path) -> Methods:
    """Return methods whose forecasts are kept in a folder."""
    return {name: Kept(method, kept_file(folder, name)) for name, method in methods.items()}


def kept_file(folder: Path, name: str) -> Path:
    """Return the file of the forecasts of a name."""
    return folder / f"{name.replace(' ', '_')}.npy"
