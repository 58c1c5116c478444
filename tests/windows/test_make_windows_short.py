"""No series of a panel is left out without a word."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from stforecast import LSTMForecaster, SeriesForecaster, make_windows
from stforecast.exceptions import SeriesTooShortError, ShortSeriesWarning
from stforecast.windows import latest_windows


def panel(lengths: dict[str, int]) -> pd.DataFrame:
    tables = {name: pd.DataFrame({"y": np.sin(np.arange(float(n)))}) for name, n in lengths.items()}
    return pd.concat(tables, names=["series", "t"])


LONG = panel({"a": 100, "brief": 10, "c": 60})


def test_a_series_too_short_for_a_window_is_named() -> None:
    with pytest.warns(ShortSeriesWarning, match=r"1 of 3 series .* 26 rows .* 'brief'. Shorten"):
        X, _ = make_windows(LONG, lookback=20, horizon=6)
    assert set(X.origins.get_level_values(0)) == {"a", "c"}


def test_a_forecast_names_the_series_that_it_leaves_out() -> None:
    model = SeriesForecaster(Ridge(), lookback=20, horizon=6)
    with pytest.warns(ShortSeriesWarning, match="'brief'"):
        model.fit(LONG)
    with pytest.warns(ShortSeriesWarning, match="1 of 3 series .* 20 rows .* 'brief'"):
        found = model.forecast()
    assert set(found.index.get_level_values(0)) == {"a", "c"}


def test_many_short_series_are_counted_and_the_first_named() -> None:
    lengths = {"long": 50} | {f"s{i}": 5 for i in range(9)}
    with pytest.warns(ShortSeriesWarning, match=r"9 of 10 series .* 's4', \.\.\.\."):
        make_windows(panel(lengths), lookback=20)


@pytest.mark.parametrize("remedy", [{"lookback": 4}, {"lookback": 20, "short": "mask"}])
def test_the_remedy_keeps_every_series(remedy: dict[str, Any]) -> None:
    X, _ = make_windows(LONG, horizon=6, **remedy)
    assert set(X.origins.get_level_values(0)) == {"a", "brief", "c"}


def test_short_series_may_be_an_error() -> None:
    words = r"1 of 3 series .* 26 rows .* 'brief'. Shorten the lookback, or pass short='mask' to"
    with pytest.raises(SeriesTooShortError, match=words):
        make_windows(LONG, lookback=20, horizon=6, short="error")
    with pytest.raises(SeriesTooShortError, match="'brief'"):
        SeriesForecaster(Ridge(), lookback=20, horizon=6, short="error").fit(LONG)
    with pytest.raises(ValueError, match="short must be 'drop', 'mask' or 'error', got 'pad'"):
        make_windows(LONG, lookback=20, short="pad")


def test_the_windows_of_a_padded_series_are_its_rows_behind_nan() -> None:
    X, y = make_windows(LONG, lookback=20, horizon=6, short="mask")
    own = np.flatnonzero(X.origins.get_level_values(0) == "brief")
    assert X.masked
    assert X.origins[own].tolist() == [("brief", 3)]  # rows 4 to 9 are its horizon
    rows = LONG.loc["brief", "y"].to_numpy()
    window = np.asarray(X[own])[0, :, 0]
    np.testing.assert_array_equal(window, [*[np.nan] * 16, *rows[:4]])
    np.testing.assert_array_equal(y.iloc[own[0]], rows[4:])
    whole, targets = make_windows(LONG.drop("brief"), lookback=20, horizon=6)
    others = np.setdiff1d(np.arange(len(X)), own)
    np.testing.assert_array_equal(X[others], whole)
    pd.testing.assert_frame_equal(y.iloc[others], targets)


def test_covariates_and_features_of_padded_series_are_those_of_their_rows() -> None:
    lengths = {"brief": 5, "a": 12, "short": 6}
    table = panel(lengths)
    known = table.rename(columns={"y": "k"}) * 0 + np.arange(len(table), dtype=float)[:, None]
    X, _ = make_windows(
        table,
        lookback=7,
        horizon=3,
        known=known,
        static={name: [n] for name, n in lengths.items()},
        short="mask",
    )
    for i, (name, row) in enumerate(X.origins):
        expected = known.loc[name, "k"].to_numpy()[row + 1 : row + 4]
        np.testing.assert_array_equal(np.asarray(X.parts["known"][i]).ravel(), expected)
        assert X.parts["static"][i].item() == lengths[name]
    assert len(X) == 3 + 1 + 1


def test_labels_and_maps_are_padded_too() -> None:
    table = panel({"a": 12, "brief": 3}).assign(other=1.0)
    X, y = make_windows(table, lookback=5, horizon=0, target="y", short="mask")
    assert y.index.equals(X.origins)
    assert y.loc["brief"].tolist() == [pytest.approx(np.sin(2.0))]
    maps = [np.ones((n, 2, 3), dtype=np.int16) for n in (9, 4)]
    X, y = make_windows(maps, lookback=4, horizon=2, short="mask")
    last = np.asarray(X[-1])
    assert np.isnan(last[:2]).all()
    assert (last[2:] == 1).all()
    assert np.asarray(y[-1]).shape == (12,)


def test_a_network_learns_from_short_series_and_forecasts_each() -> None:
    model = SeriesForecaster(
        LSTMForecaster(2, max_epochs=1, random_state=0, device="cpu"),
        lookback=20,
        horizon=6,
        short="mask",
    ).fit(LONG)
    found = model.forecast()
    assert found.index.get_level_values(0).value_counts().to_dict() == {
        "a": 6, "brief": 6, "c": 6,
    }  # fmt: skip
    assert found.loc["brief"].index.tolist() == [10, 11, 12, 13, 14, 15]
    assert np.isfinite(found.to_numpy()).all()
    unseen = model.forecast(panel({"new": 1, "brief": 2}))
    assert set(unseen.index.get_level_values(0)) == {"new", "brief"}
    assert "brief" in model.backtest(LONG).index.get_level_values(0)


def test_rows_on_disk_cannot_be_padded(tmp_path: Path) -> None:
    file = np.memmap(tmp_path / "rows", dtype=float, mode="w+", shape=(30, 1))
    with pytest.raises(ValueError, match=r"in memory, .* Load them, or pass short='drop'"):
        make_windows([file, file[:4]], lookback=5, horizon=2, short="mask")


@given(
    st.lists(st.integers(1, 14), min_size=1, max_size=8),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(0, 2),
    st.sampled_from(["drop", "mask", "error"]),
)
def test_every_series_that_goes_in_comes_out_or_is_named(
    lengths: list[int], lookback: int, horizon: int, gap: int, short: str
) -> None:
    names = {f"<{i}>": n for i, n in enumerate(lengths)}
    given_ = panel(names)
    for call in (make_windows, latest_windows):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                found = call(given_, lookback=lookback, horizon=horizon, gap=gap, short=short)
            except SeriesTooShortError:
                continue  # nothing came out, aloud
        X = found[0] if isinstance(found, tuple) else found
        out = set(X.origins.get_level_values(0))
        text = " ".join(str(one.message) for one in said)
        count = re.search(r"(\d+) of", text)
        lost = set(names) - out
        assert int(count[1]) == len(lost) if count else not lost
        assert all(name in text for name in sorted(lost, key=lambda one: int(one[1:-1]))[:5])
        if short == "mask" and call is latest_windows:
            assert out == set(names)
        for i, (name, row) in enumerate(X.origins):  # the last rows are those of the series
            rows = given_.loc[name, "y"].to_numpy()[: row + 1][-lookback:]
            np.testing.assert_array_equal(np.asarray(X[i])[-len(rows) :, 0], rows)
