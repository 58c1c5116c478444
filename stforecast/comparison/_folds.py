"""Which windows each model learns from, and which it forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.comparison._samples import Samples
from stforecast.exceptions import ParameterError, SeriesTooShortError
from stforecast.model_selection import leakage_report
from stforecast.model_selection._split import make_splitter
from stforecast.windows._geometry import Integers, rows_in_view


@dataclass(frozen=True, eq=False)
class Fold:
    """One training and one test part.

    Parameters
    ----------
    number : int
        Place among the folds.
    train, test : int array
        Windows to learn from and to forecast.
    """

    number: int
    train: Integers
    test: Integers

    def training_rows(self, samples: Samples) -> Integers:
        """Return the rows of the series that the training windows and their targets span.

        Rows between two windows count too: a stride leaves out origins, not the past.
        """
        X = samples.X
        ends = X.ends[self.train]
        marks = rows_in_view(ends + X.reach, samples.X.lookback + X.reach, len(X.base))
        rows = np.flatnonzero(marks)
        # of each series from the first marked row to the last, whatever the stride leaves out
        series = samples.series_numbers(rows)
        firsts = rows[np.flatnonzero(np.diff(series, prepend=-1))]
        lasts = rows[np.flatnonzero(np.diff(series, append=series[-1] + 1))]
        return np.concatenate([np.arange(a, b + 1) for a, b in zip(firsts, lasts, strict=True)])


def make_folds(cv: Any, samples: Samples) -> list[Fold]:
    """Return the folds of a splitter of windows, or of one of sktime's, which split rows.

    Raises
    ------
    LeakageError
        If a row to be forecast was seen in training.
    """
    if hasattr(cv, "split_series"):
        pairs = list(_row_pairs(cv, samples))
    else:
        X = samples.X if samples.is_series else np.empty((len(samples.X), 1))
        split = make_splitter(cv).split(X, samples.y)
        pairs = [(np.asarray(train), np.asarray(test)) for train, test in split]
    empty = next((i for i, pair in enumerate(pairs) if not all(map(len, pair))), None)
    if empty is not None or not pairs:
        raise ParameterError(
            f"cv must give each fold windows to learn from and to forecast, but fold {empty or 0} "
            "has none. Take fewer folds, or a shorter lookback."
        )
    if samples.is_series:
        leakage_report(pairs, samples.X)
    return [Fold(i, *pair) for i, pair in enumerate(pairs)]


def _row_pairs(cv: Any, samples: Samples) -> Iterator[tuple[Integers, Integers]]:
    """Yield the windows within the training rows of each fold, and those that end with them."""
    if not samples.is_series:
        raise ParameterError(
            f"cv={cv!r:.60} splits rows of a series, but the windows are plain arrays. Pass a "
            "series or windows of make_windows, or split by OriginSplit."
        )
    X = samples.X
    for train, test in cv.split(samples.table):
        train_marks, test_marks = _marks(train, len(X.base)), _marks(test, len(X.base))
        ends, reach = X.ends, X.reach
        is_train = _has_marks(train_marks, ends - X.lookback, ends + reach)
        count = len(samples.steps)
        # a test origin is the last row that training may see: the row behind it is not marked
        is_last = train_marks[ends - 1] & ~np.append(train_marks, False)[ends]
        is_test = is_last & _has_marks(test_marks, ends + reach - count, ends + reach)
        if not is_test.any():
            raise SeriesTooShortError(
                f"cv must split where a window of lookback = {X.lookback} rows ends and its "
                f"horizon of {count} rows is tested, but no window does that after "
                f"row {int(np.max(train))}. Give the splitter fh=range(1, horizon + 1) and a "
                "longer first window, or shorten the lookback."
            )
        yield np.flatnonzero(is_train), np.flatnonzero(is_test)


def _marks(rows: Integers, count: int) -> Any:
    marks = np.zeros(count, dtype=bool)
    marks[rows] = True
    return marks


def _has_marks(marks: Any, starts: Integers, stops: Integers) -> Any:
    """Return whether all rows of each span are marked; each lies within one series."""
    total = np.concatenate([[0], np.cumsum(marks)])
    return total[stops] - total[starts] == stops - starts
