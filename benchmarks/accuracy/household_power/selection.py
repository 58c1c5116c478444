"""Choose the settings of the demo on training weeks alone.

Run: ``python -m benchmarks.accuracy.household_power.selection`` (1,600 trainings of a few seconds:
those of the logs took an hour on two cores with other work to do). Settings are drawn at random
from the spaces below and scored on four rolling blocks of 13 weeks, the 52 weeks before the test;
the daily table is cut at row -329 before anything is read from it. The best few are scored again
with other seeds, and the best of those is written to ``results/household_power/settings.json``,
from which the demo trains; the log lies beside it. ``--stage`` runs one stage alone.

In stages, each with few choices: a ridge regression, for comparison; the ConvLSTM that sees the
grid alone; the calendar, added to that very network; the CNN-LSTM, given the season as that network
has it, in a wide space and then in a narrower one around what the best of the wide one had in
common. That narrower space was written by hand from the log of the wide one, and stays as it is
when the wide search is run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import ParameterGrid, ParameterSampler

from benchmarks.accuracy.household_power.baselines import formula, ridge
from benchmarks.accuracy.household_power.networks import SETTINGS_FILE, forecast, load_setting
from benchmarks.accuracy.household_power.protocol import Weeks, load_daily, selection_blocks
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import ResultFile
from benchmarks.lib.scores import rmse

RIDGE = {
    "lookback": [7, 14, 21, 28, 56],
    "harmonics": [1, 2, 3, 4],
    "alpha": [10.0, 100.0, 300.0, 1000.0, 3000.0],
}
CANDIDATES = {
    "convlstm_grid": 32,
    "convlstm_calendar": 12,
    "cnn_lstm_calendar_wide": 64,
    "cnn_lstm_calendar": 32,
}
STAGES = ("ridge", *CANDIDATES)
FINALISTS = 6
FIRST_SEEDS, FINAL_SEEDS = range(2), range(2, 7)

_TRAINING = {
    "lr": [0.003, 0.005, 0.01],
    "batch_size": [32, 64],
    "max_epochs": [5, 7, 10],
    "training__ema": [0.98, 0.99],
}
_CALENDAR = {"harmonics": [1, 2], "weekday": [False, True], "level_days": [None, 28, 42]}
SPACES: dict[str, dict[str, list[Any]]] = {
    "convlstm_grid": {
        "lookback": [42, 56, 84, 112],
        "hidden_channels": [8, 16],
        "kernel_size": [(1, 3), (1, 5)],
        "decoder__hidden": [None, 32, 64],
        "decoder__dropout": [0.3, 0.5],
        **_TRAINING,
    },
    "convlstm_calendar": _CALENDAR,
    "cnn_lstm_calendar_wide": {
        "lookback": [28, 56, 84],
        "weekday": [False, True],
        "filters": [(8,), (16,), (16, 16)],
        "kernel_size": [(1, 3), (1, 5), (1, 7)],
        "hidden_channels": [16, 32, 48],
        "dropout": [0.2, 0.4],
        "layers__pooling": ["flatten", "average"],
        "decoder": ["dense", "step"],
        "decoder__hidden": [32, 64],
        "decoder__dropout": [0.1, 0.3],
        **_TRAINING,
    },
    # what the best of the wide search had in common, and around it
    "cnn_lstm_calendar": {
        "lookback": [28, 56, 84],
        "weekday": [True],
        "level_days": [28, 42],
        "filters": [(8,), (16,), (32,)],
        "kernel_size": [(1, 5), (1, 7)],
        "hidden_channels": [32, 48, 64],
        "dropout": [0.3, 0.4, 0.5],
        "layers__pooling": ["average"],
        "decoder__hidden": [64],
        "decoder__dropout": [0.3, 0.5],
        "lr": [0.003],
        "batch_size": [32, 64],
        "max_epochs": [7, 10],
        "training__ema": [0.98, 0.99],
    },
}


class Log:
    """Lines that are printed and kept.

    Parameters
    ----------
    path : Path
        File to write, from scratch.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        path.write_text("")

    def write(self, line: str) -> None:
        """Print a line and append it to the file."""
        print(line, flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")


def main() -> int:
    """Choose a setting in each stage named, in all by default."""
    parser = argparse.ArgumentParser(description="Choose settings on training weeks alone.")
    parser.add_argument("--stage", action="append", choices=STAGES, help="all by default")
    stages = parser.parse_args().stage or STAGES
    blocks = selection_blocks(load_daily())
    with parallel_config(n_jobs=-1):
        for stage in stages:
            choose(stage, blocks)
    return 0


def choose(stage: str, blocks: list[Weeks]) -> None:
    """Log the scores of a stage's settings and keep the best, which the demo trains with."""
    log = Log(SETTINGS_FILE.parent / f"selection_{stage}.log")
    log.write(f"# {stage}: {describe_machine()}")
    log.write("# RMSE over all blocks, mean ± spread over seeds, then each block; weeks from")
    log.write("# " + ", ".join(f"{block.dates[0]:%Y-%m-%d}" for block in blocks))
    reference = [rmse(formula(block), block.truth) for block in blocks]
    log.write(f"{_pooled(reference):6.1f}        {_row(reference)}  the formula, for scale")
    chosen = _best_ridge(blocks, log) if stage == "ridge" else _best_network(stage, blocks, log)
    log.write(f"# chosen: {json.dumps(chosen)}")
    if not stage.endswith("_wide"):
        settings = ResultFile(SETTINGS_FILE)
        settings.content[stage] = chosen
        settings.save()


def _best_ridge(blocks: list[Weeks], log: Log) -> dict[str, Any]:
    grid = list(ParameterGrid(RIDGE))
    scores = [_score_ridge(setting, blocks, log) for setting in grid]
    return grid[int(np.argmin(scores))]


def _score_ridge(setting: Mapping[str, Any], blocks: list[Weeks], log: Log) -> float:
    errors = [rmse(ridge(block, **setting), block.truth) for block in blocks]
    log.write(f"{_pooled(errors):6.1f}        {_row(errors)}  {json.dumps(setting)}")
    return _pooled(errors)


def _best_network(name: str, blocks: list[Weeks], log: Log) -> dict[str, Any]:
    draws = [{**inherited(name), **draw} for draw in _draws(name)]
    first = [_score(name, draw, blocks, FIRST_SEEDS, log) for draw in draws]
    log.write(f"# the best {FINALISTS} with other seeds")
    finalists = [draws[i] for i in np.argsort(first)[:FINALISTS]]
    final = [_score(name, draw, blocks, FINAL_SEEDS, log) for draw in finalists]
    return finalists[int(np.argmin(final))]


def inherited(name: str) -> dict[str, Any]:
    """Return what a network takes over from the one chosen before it."""
    if name == "convlstm_calendar":
        return load_setting("convlstm_grid")
    if name.startswith("cnn_lstm_calendar"):
        calendar = load_setting("convlstm_calendar")
        return {key: calendar[key] for key in _CALENDAR}
    return {}


def _draws(name: str) -> list[dict[str, Any]]:
    return list(ParameterSampler(SPACES[name], CANDIDATES[name], random_state=0))


def _score(
    name: str, setting: Mapping[str, Any], blocks: list[Weeks], seeds: range, log: Log
) -> float:
    started = time.perf_counter()
    network = name.removesuffix("_wide")
    fits = (delayed(_error)(network, setting, b, s) for s in seeds for b in blocks)
    errors = np.reshape(Parallel()(fits), (len(seeds), len(blocks)))
    by_seed = [_pooled(row) for row in errors]
    score, spread = float(np.mean(by_seed)), float(np.std(by_seed, ddof=1))
    seconds = (time.perf_counter() - started) / errors.size
    row = _row(errors.mean(axis=0))
    log.write(f"{score:6.1f} ±{spread:4.1f}  {row}  {seconds:4.1f} s a fit  {json.dumps(setting)}")
    return score


def _error(network: str, setting: Mapping[str, Any], block: Weeks, seed: int) -> float:
    return rmse(forecast(network, setting, block, seed=seed), block.truth)


def _pooled(by_block: Any) -> float:
    """RMSE over blocks of the same length from that of each."""
    return float(np.sqrt(np.mean(np.square(by_block))))


def _row(by_block: Any) -> str:
    return " ".join(f"{value:5.0f}" for value in by_block)


if __name__ == "__main__":
    sys.exit(main())
