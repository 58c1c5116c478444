"""Bars span the rows that a fold sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from sklearn.model_selection import KFold

from stforecast.inspection import FoldsDisplay
from stforecast.model_selection import OriginSplit
from stforecast.windows import make_windows
from tests.series.data import DAYS, INDEXES, PANEL, TABLE

PARTS = ["train inputs", "train targets", "test targets"]


def naive_spans(X: Any, folds: list[tuple[Any, Any]]) -> list[tuple[int, str, int, int]]:
    """Spans of rows of one series, marked window by window."""
    spans = []
    for fold, (train, test) in enumerate(folds):
        inputs = {row for i in train for row in range(X.ends[i] - X.lookback, X.ends[i])}
        seen, asked = (
            {X.ends[i] + k for i in samples for k in range(X.reach)} for samples in (train, test)
        )
        for part, rows in zip(PARTS, (inputs, seen, asked), strict=True):
            firsts = sorted(row for row in rows if row - 1 not in rows)
            lasts = sorted(row for row in rows if row + 1 not in rows)
            spans += [(fold, part, a, b) for a, b in zip(firsts, lasts, strict=True)]
    return spans


@pytest.mark.parametrize("cv", [OriginSplit(3), OriginSplit(2, max_train_size=5), KFold(3)])
def test_spans_are_those_of_a_naive_loop(cv: Any) -> None:
    X, _ = make_windows(TABLE.to_numpy(), lookback=4, horizon=2)
    found = FoldsDisplay.from_cv(cv, X).spans
    assert list(found.itertuples(index=False, name=None)) == naive_spans(X, list(cv.split(X)))


def test_bars_lie_at_their_labels() -> None:
    X, _ = make_windows(TABLE, lookback=4, horizon=2)
    display = FoldsDisplay.from_cv(OriginSplit(3), X)
    for part in PARTS:
        spans = display.spans[display.spans["part"] == part]
        bars = display.bars_[part]
        for (_, span), bar in zip(spans.iterrows(), bars, strict=True):
            assert bar.get_x() == date2num(span["first"])
            assert bar.get_x() + bar.get_width() == date2num(span["last"])
            assert abs(bar.get_y() + bar.get_height() / 2 - span["fold"]) <= 0.25
    assert display.spans["last"].max() == DAYS[-1]
    assert display.ax_.get_xlabel() == "day"
    low, high = display.ax_.get_ylim()
    assert low > high  # the first fold is on top


@pytest.mark.parametrize("kind", INDEXES)
def test_every_kind_of_index_can_be_drawn(kind: str) -> None:
    X, _ = make_windows(TABLE.set_axis(INDEXES[kind]), lookback=4, horizon=2)
    display = FoldsDisplay.from_cv(OriginSplit(3), X)
    assert display.spans["first"].iloc[0] == INDEXES[kind][0]
    assert all(bar.get_width() > 0 for bars in display.bars_.values() for bar in bars)


def test_series_of_a_panel_share_the_axis() -> None:
    X, _ = make_windows(PANEL, lookback=4, horizon=2)
    spans = FoldsDisplay.from_cv(OriginSplit(2), X).spans
    assert spans["first"].min() == DAYS[0]
    assert spans["last"].max() == DAYS[-1]
    assert (spans.groupby("fold").size() == 3).all()


def test_lists_of_arrays_share_the_axis() -> None:
    X, _ = make_windows([np.arange(20.0), np.arange(30.0)], lookback=4)
    assert FoldsDisplay.from_cv(OriginSplit(2), X).spans["last"].max() == 29


def test_folds_given_as_lists_of_samples_can_be_drawn() -> None:
    X, _ = make_windows(TABLE.to_numpy(), lookback=4)
    display = FoldsDisplay.from_cv([([0, 1, 30], [40])], X)
    inputs = display.spans[display.spans["part"] == "train inputs"]
    assert inputs[["first", "last"]].to_numpy().tolist() == [[0, 4], [30, 33]]


def test_arrays_are_an_error() -> None:
    with pytest.raises(TypeError, match="needs Windows, which know their rows, got ndarray"):
        FoldsDisplay.from_cv(OriginSplit(2), np.ones((20, 3, 1)))


def test_a_display_can_be_made_from_its_spans() -> None:
    spans = pd.DataFrame(
        [(0, "train inputs", 0, 3), (0, "test targets", 5, 5)],
        columns=["fold", "part", "first", "last"],
    )
    display = FoldsDisplay(spans).plot()
    assert [len(display.bars_[part]) for part in PARTS] == [1, 0, 1]
