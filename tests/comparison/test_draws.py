"""Standard errors are over origin times, or over series where the times are too few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stforecast import OriginSplit
from stforecast.comparison import Comparison, compare, paired_difference

NAMES = ["ours", "theirs"]


def comparison(series: int, times: int, *, block: int = 1, roots: tuple[str, ...] = ()) -> Any:
    """Two models of independent errors, those of a series or a time alike."""
    rng = np.random.default_rng(0)
    numbers, clock = np.repeat(np.arange(series), times), np.tile(np.arange(times), series)
    errors = rng.normal(size=(series * times, 2)) + 3
    errors[:, 0] += rng.normal(size=series)[numbers] + rng.normal(size=times)[clock]
    index = pd.MultiIndex.from_arrays([0 * numbers, numbers, clock])
    columns = pd.MultiIndex.from_product([["error"], NAMES])
    models = pd.DataFrame({"kind": "other", "failed": ""}, index=NAMES)
    return Comparison(pd.DataFrame(errors, index, columns), clock, models, roots, None, block)


def differences(result: Comparison) -> pd.Series:
    return result.errors["error", "ours"] - result.errors["error", "theirs"]


def test_one_origin_for_each_series_has_the_standard_error_of_a_mean_over_series() -> None:
    result = comparison(series=200, times=1, block=48)
    found = result.difference(*NAMES)
    assert found.estimate == pytest.approx(differences(result).mean())
    assert found.standard_error == pytest.approx(differences(result).sem(), rel=0.03)
    assert result.table["error", "standard error"]["ours"] == found.standard_error
    assert found == paired_difference(*(result.errors["error", name] for name in NAMES))


def test_a_series_is_drawn_with_all_its_origins() -> None:
    result = comparison(series=200, times=3)
    means = differences(result).groupby(level=1).mean()
    found = result.difference(*NAMES)
    assert found.standard_error == pytest.approx(means.sem(), rel=0.03)
    # three origins of a series are no three series
    assert found.standard_error > 1.1 * differences(result).sem()


def test_four_blocks_of_times_are_drawn_however_many_series_there_are() -> None:
    result = comparison(series=200, times=40)
    means = differences(result).groupby(level=2).mean()
    found = result.difference(*NAMES)
    assert found.standard_error == pytest.approx(means.sem(), rel=0.05)
    over_series = differences(result).groupby(level=1).mean().sem()
    assert found.standard_error > 1.5 * over_series
    assert "bootstrap of blocks of 1 origin times" in repr(result)


@pytest.mark.parametrize(("times", "block"), [(3, 1), (7, 2)])
def test_series_are_drawn_where_there_are_ten(times: int, block: int) -> None:
    many, few = (comparison(series, times, block=block) for series in (10, 9))
    assert np.isfinite(many.difference(*NAMES).standard_error)
    assert np.isnan(few.difference(*NAMES).standard_error)
    assert set(few.table["error", "verdict"]) == {"undecided"}
    assert (
        f"a bootstrap of 10 series, because there are fewer than 4 blocks of {block} origin times; "
        "they do not show how errors vary between times. Undecided"
    ) in repr(many)
    assert (
        f"it takes 4 blocks of {block} origin times, or 10 series, and there are {times} times "
        "of 9 series."
    ) in repr(few)


def test_series_without_an_error_are_not_counted() -> None:
    result = comparison(series=10, times=1)
    result.errors.loc[(0, 3)] = np.nan
    assert np.isnan(result.difference(*NAMES).standard_error)


def test_roots_are_taken_over_the_squares_of_a_series() -> None:
    result = comparison(series=60, times=2, roots=("error",))
    squares = result.errors["error"] ** 2
    found = result.difference(*NAMES)
    assert found.estimate == pytest.approx(np.subtract(*np.sqrt(squares.mean())))
    # the delta method: how the root of a mean varies with the mean
    slopes = 0.5 / np.sqrt(squares.mean())
    expected = (squares * slopes).diff(axis=1)["theirs"].groupby(level=1).mean().sem()
    assert found.standard_error == pytest.approx(expected, rel=0.05)


def test_a_panel_with_one_origin_for_each_series_is_decided() -> None:
    rng = np.random.default_rng(0)
    panel = [np.cumsum(rng.normal(size=60)) for _ in range(30)]
    result = compare(
        ["mean", "persistence"], panel, OriginSplit(1, test_size=1), lookback=3, horizon=1
    )
    assert len(result.errors) == 30
    plain = result.errors["mean_absolute_error"].diff(axis=1).iloc[:, -1]
    row = result.table["mean_absolute_error"].loc["persistence"]
    assert row["difference"] == pytest.approx(plain.mean())
    assert row["standard error"] == pytest.approx(plain.sem(), rel=0.05)
    assert row["verdict"] == "ahead"
