"""Settings are chosen without a look at the test weeks, and the demo trains with them."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy.household_power import networks, selection
from benchmarks.accuracy.household_power.networks import NETWORKS, load_setting
from benchmarks.accuracy.household_power.protocol import FIRST_TEST, load_daily, selection_blocks

POWER = load_daily()
LOGS = networks.SETTINGS_FILE.parent
TINY = {"lookback": [14], "hidden_channels": [2], "max_epochs": [1], "batch_size": [128]}
SPACES = {
    "convlstm_grid": {**TINY, "kernel_size": [(1, 3)], "lr": [0.01, 0.02]},
    "convlstm_calendar": {"harmonics": [1], "weekday": [True], "level_days": [None, 28]},
    "cnn_lstm_calendar_wide": {
        **TINY,
        "filters": [(2,)],
        "decoder": ["dense", "step"],
        "decoder__hidden": [4],
    },
    "cnn_lstm_calendar": {**TINY, "filters": [(2,)], "lr": [0.01, 0.02]},
}
RIDGE = {"lookback": [7, 14], "harmonics": [1], "alpha": [10.0]}


def select_all(
    folder: Path, power: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, str], dict[str, Any]]:
    """Run every stage on a tiny budget: what each logged, but for times, and what was chosen."""
    folder.mkdir()
    for module in (networks, selection):
        monkeypatch.setattr(module, "SETTINGS_FILE", folder / "settings.json")
    monkeypatch.setattr(selection, "load_daily", lambda: power)
    monkeypatch.setattr(selection, "parallel_config", lambda n_jobs: nullcontext())
    monkeypatch.setattr(selection, "selection_blocks", partial(selection_blocks, blocks=2))
    monkeypatch.setattr(selection, "SPACES", SPACES)
    monkeypatch.setattr(selection, "RIDGE", RIDGE)
    monkeypatch.setattr(selection, "CANDIDATES", dict.fromkeys(SPACES, 2))
    monkeypatch.setattr(selection, "FINALISTS", 1)
    monkeypatch.setattr(selection, "FIRST_SEEDS", range(2))
    monkeypatch.setattr(selection, "FINAL_SEEDS", range(2, 4))
    monkeypatch.setattr("sys.argv", ["selection"])
    assert selection.main() == 0
    logs = {stage: log_of(stage, folder) for stage in selection.STAGES}
    timeless = {stage: re.sub(r" +[\d.]+ s a fit", "", log) for stage, log in logs.items()}
    return timeless, json.loads((folder / "settings.json").read_text(encoding="utf-8"))


def log_of(stage: str, folder: Path = LOGS) -> str:
    return (folder / f"selection_{stage}.log").read_text(encoding="utf-8")


def choice(log: str) -> dict[str, Any]:
    return json.loads(log.splitlines()[-1].removeprefix("# chosen: "))


def test_selection_reads_no_row_of_the_test_weeks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = POWER.copy()
    poisoned.iloc[FIRST_TEST:] = np.nan
    found = select_all(tmp_path / "poisoned", poisoned, monkeypatch)
    assert found == select_all(tmp_path / "clean", POWER, monkeypatch)
    logs, settings = found
    assert settings == {stage: choice(logs[stage]) for stage in ("ridge", *NETWORKS)}
    assert "nan" not in "".join(logs.values())


@pytest.mark.parametrize("stage", ["ridge", *NETWORKS])
def test_the_demo_trains_with_what_the_log_says_was_chosen(stage: str) -> None:
    logged = {key: networks._as_tuple(value) for key, value in choice(log_of(stage)).items()}
    assert load_setting(stage) == logged


@pytest.mark.parametrize("stage", selection.STAGES)
def test_the_choice_is_the_best_of_those_scored_last(stage: str) -> None:
    rows = log_of(stage).partition("other seeds")[2] or log_of(stage)
    scored = [
        (float(row.split()[0]), json.loads(row[row.index("{") :]))
        for row in rows.splitlines()
        if not row.startswith("#") and "{" in row
    ]
    best = min(score for score, _ in scored)
    assert choice(log_of(stage)) in [setting for score, setting in scored if score == best]


@pytest.mark.parametrize("stage", selection.CANDIDATES)
def test_the_script_draws_what_the_log_has(stage: str) -> None:
    rows = [row for row in log_of(stage).partition("# the best")[0].splitlines() if "{" in row]
    logged = [json.loads(row[row.index("{") :]) for row in rows]
    drawn = [{**selection.inherited(stage), **draw} for draw in selection._draws(stage)]
    assert json.loads(json.dumps(drawn)) == logged
