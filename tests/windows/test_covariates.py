"""Covariates: each horizon step sees its own rows of them, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.windows import Flatten, Windows, make_windows
from stforecast.windows._covariates import WIDE

DAYS = pd.date_range("2020-01-01", periods=30, freq="D")
FRAME = pd.DataFrame(np.arange(40.0).reshape(20, 2), DAYS[:20], ["a", "b"])
KNOWN = pd.DataFrame({"k": np.arange(30.0), "l": -np.arange(30.0)}, DAYS)


def known_of(X: Windows) -> np.ndarray:
    return np.asarray(X.parts["known"])


@given(
    lookback=st.integers(1, 5),
    horizon=st.integers(1, 4),
    gap=st.integers(0, 3),
    stride=st.integers(1, 3),
    as_array=st.booleans(),
)
def test_known_rows_are_those_of_the_horizon(
    lookback: int, horizon: int, gap: int, stride: int, as_array: bool
) -> None:
    known = KNOWN.to_numpy() if as_array else KNOWN.iloc[::-1]
    X, _ = make_windows(
        FRAME, lookback=lookback, horizon=horizon, gap=gap, stride=stride, known=known
    )
    for i, origin in enumerate(X.ends - 1):
        ahead = np.arange(origin + gap + 1, origin + gap + horizon + 1)
        np.testing.assert_array_equal(X.parts["known"][i], np.stack([ahead, -ahead], axis=1))


def test_known_covariates_beyond_the_horizon_are_never_seen() -> None:
    X, _ = make_windows(FRAME, lookback=4, horizon=3, known=KNOWN)
    poisoned = KNOWN.copy()
    poisoned.iloc[20:] = np.nan
    again, _ = make_windows(FRAME, lookback=4, horizon=3, known=poisoned)
    np.testing.assert_array_equal(known_of(again), known_of(X))
    for i, origin in enumerate(X.ends - 1):
        poisoned = KNOWN.copy() * 0 - 999
        poisoned.iloc[origin + 1 : origin + 4] = KNOWN.iloc[origin + 1 : origin + 4]
        one, _ = make_windows(FRAME, lookback=4, horizon=3, known=poisoned)
        np.testing.assert_array_equal(one.parts["known"][i], X.parts["known"][i])


@pytest.mark.parametrize("known", [KNOWN["k"], KNOWN["k"].to_numpy()])
def test_one_known_covariate_may_be_a_series(known: Any) -> None:
    X, _ = make_windows(FRAME, lookback=4, horizon=3, known=known)
    assert X.parts["known"].shape == (14, 3, 1)
    assert X.parts["known"][0].ravel().tolist() == [4, 5, 6]


def test_known_covariates_are_lazy_and_follow_the_windows() -> None:
    X, _ = make_windows(FRAME, lookback=4, horizon=3, known=KNOWN)
    assert isinstance(X.parts["known"], Windows)
    np.testing.assert_array_equal(known_of(X[[5, 2]]), known_of(X)[[5, 2]])
    np.testing.assert_array_equal(known_of(X[::2]), known_of(X)[::2])


def test_a_panel_shares_known_covariates_of_time_or_has_its_own() -> None:
    panel = pd.concat({"u": FRAME, "v": FRAME.iloc[5:18]})
    shared, _ = make_windows(panel, lookback=4, horizon=2, known=KNOWN)
    own = pd.concat({"v": KNOWN + 100, "u": KNOWN})
    each, _ = make_windows(panel, lookback=4, horizon=2, known=own)
    listed, _ = make_windows(
        [FRAME, FRAME.iloc[5:18]], lookback=4, horizon=2, known=[KNOWN, KNOWN + 100]
    )
    assert shared.parts["known"][-1][:, 0].tolist() == [16, 17]
    assert each.parts["known"][-1][:, 0].tolist() == [116, 117]
    np.testing.assert_array_equal(known_of(listed), known_of(each))
    np.testing.assert_array_equal(known_of(each)[:15], known_of(shared)[:15])


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_a_series_too_short_for_a_window_needs_no_more_known_rows() -> None:
    X, _ = make_windows([FRAME, FRAME[:2], FRAME[:9]], lookback=4, horizon=2, known=KNOWN[:20])
    assert X.parts["known"][-1][:, 0].tolist() == [7, 8]


@pytest.mark.parametrize(
    ("known", "error", "message"),
    [
        (KNOWN[:19], ShapeError, "lacks 1 rows, the first 2020-01-20.* Extend it to 2020-01-20"),
        (KNOWN[1:], ShapeError, "lacks 1 rows, the first 2020-01-01"),
        (KNOWN.to_numpy()[:19], ShapeError, r"reach the last target, 20 rows .* shape \(19, 2\)"),
        (KNOWN.to_numpy().astype(complex), ValueError, "known must be numeric.* complex128"),
        (KNOWN.to_numpy().astype(str), ValueError, "known must be numeric, got an array of <U"),
        ({"k": [1.0]}, ValueError, "known must be numeric, got an array of object"),
        (KNOWN.to_numpy()[:, :0], ShapeError, "known must hold at least one value per row"),
        (
            np.ma.masked_equal(KNOWN.to_numpy(), 7.0),
            MissingValuesError,
            "known must hold finite .* first in row 7",
        ),
        (KNOWN.to_numpy()[None], ShapeError, r"known must have shape \(rows, K\)"),
        (pd.concat([KNOWN, KNOWN[3:4]]), ShapeError, "one row for each time, but 2020-01-04"),
        (KNOWN.where(KNOWN != 7), MissingValuesError, "known must hold finite .* first in row 7"),
        (
            KNOWN.assign(k="x"),
            ValueError,
            "known must be numeric, but column 'k' holds (str|object)",
        ),
    ],
)
def test_known_covariates_that_do_not_fit_are_refused(
    known: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_windows(FRAME, lookback=4, horizon=3, known=known)


def test_known_covariates_need_a_horizon() -> None:
    with pytest.raises(
        ValueError, match=r"belong to a horizon, but horizon is 0\. Leave known out"
    ):
        make_windows(FRAME, lookback=4, horizon=0, known=KNOWN)


def test_known_covariates_of_a_panel_must_be_complete() -> None:
    with pytest.raises(ShapeError, match="a table for each of the 2 series, got 1"):
        make_windows([FRAME, FRAME], lookback=4, known=[KNOWN])
    with pytest.raises(ShapeError, match="rows for each series, but lacks 'v'"):
        make_windows(pd.concat({"u": FRAME, "v": FRAME}), lookback=4, known=pd.concat({"u": KNOWN}))


@pytest.mark.parametrize(
    "static",
    [
        {"v": [3.0, 4.0], "u": [1.0, 2.0]},
        pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index=["u", "v"]),
        pd.DataFrame([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1.0, 2.0], [3.0, 4.0]]),
    ],
)
def test_static_features_are_those_of_the_windows_series(static: Any) -> None:
    panel = pd.concat({"u": FRAME, "v": FRAME.iloc[5:18]})
    X, _ = make_windows(panel, lookback=4, static=static)
    assert X.parts["static"][[0, 15, 16, -1]].tolist() == [[1, 2], [1, 2], [3, 4], [3, 4]]


def test_a_single_series_takes_its_features_as_one_row() -> None:
    X, _ = make_windows(FRAME, lookback=4, static=[1.0, 2.0])
    np.testing.assert_array_equal(X.parts["static"], np.tile([1.0, 2.0], (16, 1)))


@pytest.mark.parametrize(
    ("static", "error", "message"),
    [
        ({"u": [1.0]}, ShapeError, "a row for each series, but lacks 'v'. Add it"),
        (
            pd.DataFrame([1.0, 2.0], index=["x", "y"]),
            ShapeError,
            r"but lacks 'u'. If its rows are in the order of the series, .*: static.to_numpy\(\)",
        ),
        (pd.DataFrame([1.0, 2.0], index=[1, 2]), ShapeError, "lacks 'u'. If its rows are in"),
        (np.ones((3, 2)), ShapeError, r"\(series, S\) = \(2, S\), got \(3, 2\)"),
        (np.array([["x"], ["y"]]), ValueError, "static must be numeric, got an array of <U1"),
        ({"u": ["x"], "v": ["y"]}, ValueError, "static must be numeric, but column 0 holds"),
        (
            pd.DataFrame({"opened": pd.to_datetime(["2020", "2021"])}, ["u", "v"]),
            ValueError,
            r"Make numbers of it, such as static\['opened'\].dt.year, or drop it",
        ),
        (np.array([[1.0], [np.nan]]), MissingValuesError, "static must hold finite numbers"),
    ],
)
def test_static_features_that_do_not_fit_are_refused(
    static: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_windows(pd.concat({"u": FRAME, "v": FRAME}), lookback=4, static=static)


def test_flatten_appends_known_and_static() -> None:
    X, _ = make_windows(FRAME, lookback=2, horizon=2, known=KNOWN["k"], static=[7.0])
    flat = Flatten().fit_transform(X)
    assert flat.shape == (17, 4 + 2 + 1)
    assert np.asarray(flat)[0].tolist() == [0, 1, 2, 3, 2, 3, 7]
    np.testing.assert_array_equal(flat.batch([4, 1]), np.asarray(flat)[[4, 1]])
    np.testing.assert_array_equal(np.asarray(flat[[4, 1]]), np.asarray(flat)[[4, 1]])


@pytest.mark.parametrize("labels", [range(30), list("abcdefghijklmnopqrstuvwxyz0123")])
def test_known_covariates_that_name_no_times_are_refused(labels: Any) -> None:
    rule = r"labelled by other things, such as .* or pass known.to_numpy\(\) if it starts with"
    for series in (FRAME, pd.concat({"u": FRAME, "v": FRAME})):
        with pytest.raises(ShapeError, match=rule):
            make_windows(series, lookback=4, known=KNOWN.set_axis(labels))
        found = make_windows(series, lookback=4, known=KNOWN.to_numpy())[0]
        expected = make_windows(series, lookback=4, known=KNOWN)[0]
        np.testing.assert_array_equal(known_of(found), known_of(expected))


def test_known_covariates_by_period_are_to_be_labelled_by_time() -> None:
    with pytest.raises(ShapeError, match="by times of no zone, not by periods of D"):
        make_windows(FRAME, lookback=4, known=KNOWN.to_period("D"))


def test_covariates_of_more_series_than_there_are() -> None:
    shops = pd.concat(dict.fromkeys("ab", FRAME))
    plans = pd.concat({name: KNOWN + 100 * i for i, name in enumerate("xayb")})
    X, _ = make_windows(shops, lookback=4, horizon=3, known=plans)
    theirs, _ = make_windows(shops, lookback=4, horizon=3, known=plans.loc[["a", "b"]])
    np.testing.assert_array_equal(known_of(X), known_of(theirs))
    repeated = pd.concat([plans, plans.loc[["y"]]])
    with pytest.raises(ShapeError, match=r"but \('y', .* stands more than once"):
        make_windows(shops, lookback=4, horizon=3, known=repeated)
    with pytest.raises(ShapeError, match="known must have rows for each series, but lacks 'b'"):
        make_windows(shops, lookback=4, horizon=3, known=plans.loc[["x", "a"]])


@pytest.mark.parametrize("width", [WIDE, WIDE + 1])
def test_features_of_each_series_stand_beside_its_windows_however_many(width: int) -> None:
    shops = pd.concat(dict.fromkeys("abc", FRAME))
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(3, width)), list("cab"))
    X, _ = make_windows(shops, lookback=4, static=features)
    part = X.parts["static"]
    assert isinstance(part, Windows) == (width > WIDE)
    expected = features.loc[X.origins.get_level_values(0)].to_numpy()
    np.testing.assert_array_equal(np.asarray(part).reshape(len(X), width), expected)
    order = np.random.default_rng(0).permutation(len(X))[:9]
    some = X[order].parts["static"]
    np.testing.assert_array_equal(np.asarray(some).reshape(9, width), expected[order])
    flat = Flatten().fit_transform(X)
    np.testing.assert_array_equal(flat[:, -width:], expected)
