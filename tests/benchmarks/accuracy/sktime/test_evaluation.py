"""Scores are those of forecasts made by hand, and what has been run is not run again."""

from __future__ import annotations

import json
import time
from importlib.metadata import version

import numpy as np
import pytest
from sktime.forecasting.naive import NaiveForecaster

from benchmarks.accuracy.sktime.evaluation import run, run_models
from benchmarks.lib.results import ResultFile

pytestmark = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")


def test_errors_are_those_of_a_forecast_made_by_hand(task) -> None:
    found = run(task, NaiveForecaster(sp=4))
    assert found["MAE"] == pytest.approx(1.0)
    assert found["RMSE"] == pytest.approx(1.0)
    assert found["MASE_folds"] == pytest.approx([1.0, 1.0, 1.0])


def test_what_has_been_run_is_not_run_again(task, tmp_path) -> None:
    path = tmp_path / "results.json"
    forecaster = NaiveForecaster(sp=4)
    run_models([(task, "naive", forecaster)], ResultFile(path), until=np.inf)
    kept = json.loads(path.read_text())
    kept["quarters"]["naive"]["MAE"] = 7.0
    path.write_text(json.dumps(kept))
    asked = [(task, "naive", forecaster), (task, "drift", NaiveForecaster("drift"))]
    both = run_models(asked, ResultFile(path), until=np.inf)
    assert list(both["forecaster"]) == ["naive", "drift"]
    assert both["MAE"][0] == 7.0


def test_nothing_is_begun_after_its_time(task, tmp_path, capsys) -> None:
    asked = [(task, "naive", NaiveForecaster(sp=4))]
    file = ResultFile(tmp_path / "results.json")
    assert run_models(asked, file, until=time.monotonic() - 1).empty
    assert "more is to be run" in capsys.readouterr().out


def test_rows_say_with_which_packages_they_were_made(task, tmp_path) -> None:
    asked = [(task, "naive", NaiveForecaster(sp=4))]
    rows = run_models(asked, ResultFile(tmp_path / "results.json"), until=np.inf)
    assert rows["packages"][0]["sktime"] == version("sktime")
