"""Choose the networks' settings on training weeks alone.

Run: ``python benchmarks/accuracy/select_household_power.py`` (about 20 minutes). Settings are drawn
at random from the spaces below and scored on four rolling blocks of 13 weeks, the 52 weeks before
the test; the daily table is cut at row -329 before anything is read from it. The best few are
scored again with other seeds, and the best of those is written to
``results/household_power_settings.json``, from which the demo trains; the log lies beside it.

In three stages, each with few choices: the ConvLSTM that sees the grid alone; the calendar, added
to that very network; the CNN-LSTM, given the season as that network has it.
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
from baselines import formula
from environment import describe_machine
from networks import NETWORKS, SETTINGS_FILE, forecast, load_setting
from protocol import Weeks, load_daily, rmse, selection_blocks
from sklearn.model_selection import ParameterSampler

CANDIDATES = {"convlstm_grid": 32, "convlstm_calendar": 12, "cnn_lstm_calendar": 32}
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
    # what the best of a wider search had in common (its log ends in _wide), and around it
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
        path.parent.mkdir(exist_ok=True)
        self.path = path
        path.write_text("")

    def write(self, line: str) -> None:
        """Print a line and append it to the file."""
        print(line, flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")


def main() -> int:
    """Choose a setting for each network named, all by default."""
    parser = argparse.ArgumentParser(description="Choose settings on training weeks alone.")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="all by default")
    blocks = selection_blocks(load_daily())
    for name in parser.parse_args().network or NETWORKS:
        _keep(name, choose(name, blocks))
    return 0


def choose(name: str, blocks: list[Weeks]) -> dict[str, Any]:
    """Return the best setting of a network's space."""
    log = Log(SETTINGS_FILE.parent / f"household_power_selection_{name}.log")
    log.write(f"# {name}: {describe_machine()}")
    log.write("# RMSE over all blocks, mean ± spread over seeds, then each block; weeks from")
    log.write("# " + ", ".join(f"{block.dates[0]:%Y-%m-%d}" for block in blocks))
    reference = [rmse(formula(block), block.truth) for block in blocks]
    log.write(f"{_pooled(reference):6.1f}        {_row(reference)}  the formula, for scale")
    draws = [{**inherited(name), **draw} for draw in _draws(name)]
    first = [_score(name, draw, blocks, FIRST_SEEDS, log) for draw in draws]
    log.write(f"# the best {FINALISTS} with other seeds")
    finalists = [draws[i] for i in np.argsort(first)[:FINALISTS]]
    final = [_score(name, draw, blocks, FINAL_SEEDS, log) for draw in finalists]
    chosen = finalists[int(np.argmin(final))]
    log.write(f"# chosen: {json.dumps(chosen)}")
    return chosen


def inherited(name: str) -> dict[str, Any]:
    """Return what a network takes over from the one chosen before it."""
    if name == "convlstm_calendar":
        return load_setting("convlstm_grid")
    if name == "cnn_lstm_calendar":
        calendar = load_setting("convlstm_calendar")
        return {key: calendar[key] for key in _CALENDAR}
    return {}


def _draws(name: str) -> list[dict[str, Any]]:
    return list(ParameterSampler(SPACES[name], CANDIDATES[name], random_state=0))


def _score(
    name: str, setting: Mapping[str, Any], blocks: list[Weeks], seeds: range, log: Log
) -> float:
    started = time.perf_counter()
    errors = np.array(
        [[rmse(forecast(name, setting, b, seed=s), b.truth) for b in blocks] for s in seeds]
    )
    by_seed = [_pooled(row) for row in errors]
    score, spread = float(np.mean(by_seed)), float(np.std(by_seed, ddof=1))
    seconds = (time.perf_counter() - started) / errors.size
    row = _row(errors.mean(axis=0))
    log.write(f"{score:6.1f} ±{spread:4.1f}  {row}  {seconds:4.1f} s a fit  {json.dumps(setting)}")
    return score


def _pooled(by_block: Any) -> float:
    """RMSE over blocks of the same length from that of each."""
    return float(np.sqrt(np.mean(np.square(by_block))))


def _row(by_block: Any) -> str:
    return " ".join(f"{value:5.0f}" for value in by_block)


def _keep(name: str, setting: Mapping[str, Any]) -> None:
    settings = json.loads(SETTINGS_FILE.read_text()) if SETTINGS_FILE.exists() else {}
    settings[name] = setting
    SETTINGS_FILE.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
