"""Choosing a setting for each lead, on two rolling blocks of the first four fifths."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.era5.maps import Maps
from benchmarks.accuracy.era5.networks import forecast
from benchmarks.lib.results import RESULTS, ResultFile
from benchmarks.lib.scores import rmse

SETTINGS = RESULTS / "era5" / "settings.json"
CANDIDATES: tuple[dict[str, Any], ...] = (
    {"lookback": 3, "dropout": 0.0, "lr": 0.005, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.3, "lr": 0.005, "max_epochs": 10},
    {"lookback": 6, "dropout": 0.0, "lr": 0.005, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.0, "lr": 0.015, "max_epochs": 10},
    {"lookback": 3, "dropout": 0.0, "lr": 0.015, "max_epochs": 30},
    {"lookback": 6, "dropout": 0.0, "lr": 0.015, "max_epochs": 30},
)
BLOCKS = ((0.48, 0.64), (0.64, 0.8))  # shares of the rows: trained on before, forecast within


def chosen_setting(lead: int) -> dict[str, Any]:
    """Return the setting that was chosen for a lead."""
    return ResultFile(SETTINGS).content[str(lead)]["chosen"]


def common_setting() -> dict[str, Any]:
    """Return the candidate of the least error over all leads, each in ratios, for one setting."""
    tried = [one["tried"] for one in ResultFile(SETTINGS).content.values()]
    errors = [[np.log(row["rmse"]).mean() for row in rows] for rows in tried]
    best = tried[0][int(np.argmin(np.mean(errors, axis=0)))]
    return {name: value for name, value in best.items() if name != "rmse"}


def select(maps: Maps, leads: Sequence[int]) -> None:
    """Write the candidate of the least mean error over the blocks, lead by lead."""
    rows = len(maps.values)
    blocks = [maps.block(int(first * rows), int(last * rows)) for first, last in BLOCKS]
    file = ResultFile(SETTINGS)
    for lead in leads:
        tried = [
            {**candidate, "rmse": [round(_error(one, lead, candidate), 3) for one in blocks]}
            for candidate in CANDIDATES
        ]
        best = min(tried, key=lambda row: float(np.mean(row["rmse"])))
        chosen = {name: value for name, value in best.items() if name != "rmse"}
        file.content[str(lead)] = {"chosen": chosen, "tried": tried}
        file.save()
        print(json.dumps({lead: file.content[str(lead)]}), flush=True)


def _error(block: Maps, lead: int, candidate: dict[str, Any]) -> float:
    return rmse(forecast(block, lead, 0, **candidate)[0], block.truth)
