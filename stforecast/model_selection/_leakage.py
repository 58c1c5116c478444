"""What each fold of a cross-validation gets to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast.exceptions import LeakageError
from stforecast.model_selection._split import make_splitter
from stforecast.windows import Windows
from stforecast.windows._coercion import require_windows
from stforecast.windows._geometry import rows_in_view

_Mask: TypeAlias = NDArray[np.bool_]


def leakage_report(cv: Any, X: Windows, y: Any = None, groups: Any = None) -> pd.DataFrame:
    """List the rows that each fold sees in training and in testing, or raise if they overlap.

    A fold leaks if a row that is to be forecast in testing was seen in training, as a target or
    inside a window. Test windows may hold rows of the training part: those are past, as they will
    be in use.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, test)
        What would be given to ``cross_val_score`` or ``GridSearchCV``.
    X : Windows
        Windows from `make_windows`, which know the rows they and their targets hold.
    y : array-like of shape (n, ...), optional
        Targets, for splitters that look at them.
    groups : array-like of shape (n,), optional
        Groups, for splitters that look at them.

    Returns
    -------
    DataFrame
        One row a fold: ``train`` and ``test`` (number of windows); the first and last row of
        ``train_inputs``, ``train_targets`` and ``test_targets``, by their labels where the series
        has them, of a panel the first and last time and the number of series; ``shared`` (test
        target rows seen in training, none).

    Raises
    ------
    LeakageError
        If rows are shared in any fold; its ``report`` is the table.
    TypeError
        If `X` is not `Windows`.

    See Also
    --------
    OriginSplit : A splitter that passes by construction.

    Notes
    -----
    The cost is linear in rows times folds; no window is read. Rows are counted, not values: a
    series that is passed twice leaks unseen, and so do series of a panel that move together
    where a fold trains on times after those it tests: `OriginSplit` does not, `SeriesSplit` does.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from stforecast.model_selection import OriginSplit, leakage_report
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(17.0), lookback=3, horizon=3)
    >>> leakage_report(OriginSplit(3), X).T
    fold                  0       1        2
    train                 1       4        7
    test                  3       3        3
    train_inputs     0 to 2  0 to 5   0 to 8
    train_targets    3 to 5  3 to 8  3 to 11
    test_targets    6 to 10 9 to 13 12 to 16
    shared                0       0        0
    >>> leakage_report(TimeSeriesSplit(3), X)
    Traceback (most recent call last):
        ...
    stforecast.exceptions.LeakageError: Fold 0 has seen 2 of its 5 test target rows in training,
    first row 6. Split by OriginSplit, which leaves out X.reach - 1 = 2 steps between the parts.
    """
    require_windows("leakage_report", X)
    folds = [_Fold(X, train, test) for train, test in make_splitter(cv).split(X, y, groups)]
    report = pd.DataFrame([fold.summary() for fold in folds]).rename_axis(index="fold")
    for number, fold in enumerate(folds):
        if fold.leaks.any():
            raise _leak(X, number, fold, report)
    return report


@dataclass(frozen=True)
class _Fold:
    """Marks the rows of the series that one fold sees."""

    X: Windows
    train: Any
    test: Any

    @property
    def inputs(self) -> _Mask:
        return rows_in_view(self.X.ends[self.train], self.X.lookback, len(self.X.base))

    @property
    def targets(self) -> _Mask:
        return self._targets(self.train)

    @property
    def test_targets(self) -> _Mask:
        return self._targets(self.test)

    @property
    def leaks(self) -> _Mask:
        # a test target must not occur in training, neither as input nor as target
        return self.test_targets & (self.inputs | self.targets)

    def _targets(self, samples: Any) -> _Mask:
        # ends and reach count to one past the last row: of the window, then of its targets
        horizon = 1 if self.X.target is None else max(1, self.X.target.horizon)
        return rows_in_view(self.X.ends[samples] + self.X.reach, horizon, len(self.X.base))

    def summary(self) -> dict[str, Any]:
        """Return the fold's row of the report."""
        return {
            "train": len(self.X.ends[self.train]),
            "test": len(self.X.ends[self.test]),
            "train_inputs": _span(self.X, self.inputs),
            "train_targets": _span(self.X, self.targets),
            "test_targets": _span(self.X, self.test_targets),
            "shared": int(self.leaks.sum()),
        }


def _span(X: Windows, rows: _Mask) -> str:
    """Return the first and the last time of some rows, and of how many series of a panel."""
    places = np.flatnonzero(rows)
    if not len(places):
        return "none"
    if not isinstance(X.index, pd.MultiIndex):
        return f"{_label(X, places[0])} to {_label(X, places[-1])}"
    # rows of a panel lie series after series, so the first in time may be anywhere
    clock, labels = X.timeline.times(places), X.index[places]
    times, names = labels.get_level_values(-1), labels.get_level_values(0)
    first, last = times[int(clock.argmin())], times[int(clock.argmax())]
    return f"{first} to {last} in {names.nunique()} series"


def _label(X: Windows, row: Any) -> Any:
    return row if X.index is None else X.index[row]


def _leak(X: Windows, number: int, fold: _Fold, report: pd.DataFrame) -> LeakageError:
    leaks, targets = fold.leaks, fold.test_targets
    error = LeakageError(
        f"Fold {number} has seen {int(leaks.sum())} of its {int(targets.sum())} test target "
        f"rows in training, first row {_label(X, np.argmax(leaks))}. Split by OriginSplit, "
        f"which leaves out X.reach - 1 = {max(0, X.reach - 1)} steps between the parts."
    )
    error.report = report
    return error
