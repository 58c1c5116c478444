"""The report finds the rows that training and testing share, and only those."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, TimeSeriesSplit

from stforecast.exceptions import LeakageError
from stforecast.model_selection import OriginSplit, SeriesSplit, leakage_report
from stforecast.windows import Crop, Windows, make_windows

DAYS = pd.date_range("2020-01-01", periods=40, freq="D")
SERIES = pd.Series(np.arange(40.0), DAYS)


def windows(**sizes: int) -> Windows:
    return make_windows(SERIES, **{"lookback": 4, "horizon": 3, **sizes})[0]


def shared_rows(X: Windows, train: np.ndarray, test: np.ndarray, sizes: dict[str, int]) -> int:
    """Count by sets what training and testing share."""
    seen, asked = set(), set()
    for end in X.ends[train]:
        seen |= {*range(end - 4, end), *range(end + sizes["gap"], end + X.reach)}
    for end in X.ends[test]:
        asked |= set(range(end + sizes["gap"], end + X.reach))
    return len(seen & asked)


@given(
    horizon=st.integers(1, 4),
    gap=st.integers(0, 2),
    stride=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_shared_rows_are_counted_as_by_sets(horizon: int, gap: int, stride: int, seed: int) -> None:
    X = windows(horizon=horizon, gap=gap, stride=stride)
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = order[: len(X) // 2], order[len(X) // 2 :][:2]
    expected = shared_rows(X, train, test, {"gap": gap})
    try:
        report = leakage_report([(train, test)], X)
    except LeakageError as error:
        report = error.report
        assert expected > 0
    assert report["shared"].tolist() == [expected]


@given(
    n_splits=st.integers(1, 4),
    horizon=st.integers(1, 4),
    gap=st.integers(0, 2),
    stride=st.integers(1, 3),
    max_train_size=st.none() | st.integers(1, 5),
)
def test_origin_split_never_leaks(n_splits: int, max_train_size: int | None, **sizes: int) -> None:
    split = OriginSplit(n_splits, test_size=2, max_train_size=max_train_size)
    report = leakage_report(split, windows(**sizes))
    assert len(report) == n_splits
    assert (report["shared"] == 0).all()


@pytest.mark.parametrize(
    "cv",
    [
        3,
        KFold(3, shuffle=True, random_state=0),
        ShuffleSplit(1, random_state=0),
        TimeSeriesSplit(3),
    ],
)
def test_splits_made_for_independent_samples_leak(cv: Any) -> None:
    with pytest.raises(LeakageError, match=r"of its \d+ test target rows in training, first row"):
        leakage_report(cv, windows())


def test_the_gap_of_time_series_split_is_enough_from_reach_minus_one() -> None:
    X = windows(horizon=5)
    leakage_report(TimeSeriesSplit(3, gap=4), X)
    with pytest.raises(LeakageError, match="Fold 0 has seen 1 of its"):
        leakage_report(TimeSeriesSplit(3, gap=3), X)


def test_the_report_names_rows_by_their_labels() -> None:
    report = leakage_report([(range(10), range(20, 25))], windows())
    assert report.loc[0].to_dict() == {
        "train": 10,
        "test": 5,
        "train_inputs": f"{DAYS[0]} to {DAYS[12]}",
        "train_targets": f"{DAYS[4]} to {DAYS[15]}",
        "test_targets": f"{DAYS[24]} to {DAYS[30]}",
        "shared": 0,
    }
    assert report.index.name == "fold"


def test_an_empty_part_sees_nothing() -> None:
    report = leakage_report([(np.array([], dtype=int), range(3))], windows())
    assert report.loc[0, "train_targets"] == "none"


def test_windows_count_as_they_stand_in_the_pipeline() -> None:
    X = windows()
    folds = [(range(10, 20), range(5))]
    with pytest.raises(LeakageError):
        leakage_report(folds, X)
    assert leakage_report(folds, Crop(1).fit_transform(X)).loc[0, "shared"] == 0


def test_series_of_a_panel_share_no_rows() -> None:
    X, _ = make_windows([SERIES, SERIES, SERIES], lookback=4, horizon=3)
    assert (leakage_report(SeriesSplit(3), X)["shared"] == 0).all()
    groups = X.origins.get_level_values(0)
    assert len(leakage_report(GroupKFold(3), X, groups=groups)) == 3


def test_the_error_carries_the_report() -> None:
    with pytest.raises(LeakageError) as caught:
        leakage_report(KFold(4), windows())
    assert len(caught.value.report) == 4
    sent = pickle.loads(pickle.dumps(caught.value))
    pd.testing.assert_frame_equal(sent.report, caught.value.report)


def test_arrays_do_not_know_their_rows() -> None:
    with pytest.raises(TypeError, match="needs Windows, which know their rows, got ndarray"):
        leakage_report(3, np.zeros((9, 4)))


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_the_report_of_a_panel_tells_times_and_the_number_of_series() -> None:
    panel = pd.concat({"u": SERIES[10:], "v": SERIES[:25], "w": SERIES[:3]})
    X, _ = make_windows(panel, lookback=4, horizon=3)
    first = leakage_report(OriginSplit(2, test_size=5, embargo=2), X).iloc[0]
    # 34 origin times; the first fold tests on the fifth to tenth from the end, 2 + 2 steps apart
    tested = DAYS[3:37][-10]
    assert first["train_inputs"] == f"{DAYS[0]} to {tested - pd.Timedelta('5D')} in 2 series"
    assert first["train_targets"] == f"{DAYS[4]} to {tested - pd.Timedelta('2D')} in 2 series"
    assert first["test_targets"].endswith("in 1 series")
