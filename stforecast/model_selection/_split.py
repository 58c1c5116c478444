"""Splits of forecast origins, for ``cv=``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, check_cv

from stforecast._constraints import Constraint, Integers
from stforecast._parameters import check_parameters
from stforecast.exceptions import ParameterError
from stforecast.windows import Windows

Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class OriginSplit:
    """Train on earlier forecast origins, test on later ones, with a gap so that no target leaks.

    Like scikit-learn's ``TimeSeriesSplit``, but it goes by the time of each origin: whatever the
    order of the samples, across all series of a panel at once, and with the gap that the windows
    call for. Targets that overlap leak: a model trained on the origin of Monday with a horizon of
    seven days has seen six of the seven days that the origin of Tuesday asks for.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 1.
    test_size : int, optional
        Origin times in each test part; by default as many as leave a first training part of about
        as large, ``times // (n_splits + 1)``.
    max_train_size : int, optional
        Origin times in a training part at most, the latest ones: the training part slides. By
        default it grows, beginning with the first origin.
    gap : int, optional
        Steps between the last training origin and the first test origin that are left out (purged).
        By default what the windows call for, ``X.reach - 1``, with which every training target
        was known at the first test origin; 0 where `X` is a plain array.
    embargo : int, default=0
        Further steps to leave out, where neighbours stay alike for longer than the horizon.

    See Also
    --------
    SeriesSplit : Tests on series that were not trained on.
    leakage_report : Lists the rows that each fold sees.

    Notes
    -----
    With u the distinct times of the origins in order, fold k of K tests on `test_size` of them
    before the last (K - k) * `test_size`, and trains on the times earlier than its first
    test time minus gap minus embargo. The cost is a sort of the times; no window is read.

    References
    ----------
    .. [1] M. Lopez de Prado, "Advances in Financial Machine Learning", Wiley, 2018, chapter 7
       (purging and embargo).
    .. [2] C. Bergmeir, R. J. Hyndman and B. Koo, "A note on the validity of cross-validation for
       evaluating autoregressive time series prediction", Computational Statistics & Data
       Analysis 120, 2018, https://doi.org/10.1016/j.csda.2017.11.003.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.model_selection import OriginSplit
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(17.0), lookback=3, horizon=3)
    >>> for train, test in OriginSplit(3).split(X):
    ...     print("train origins", X.origins[train], "test origins", X.origins[test])
    train origins [2] test origins [5 6 7]
    train origins [2 3 4 5] test origins [ 8  9 10]
    train origins [2 3 4 5 6 7 8] test origins [11 12 13]
    >>> for train, test in OriginSplit(3, test_size=2, max_train_size=3).split(X):
    ...     print("train origins", X.origins[train], "test origins", X.origins[test])
    train origins [3 4 5] test origins [8 9]
    train origins [5 6 7] test origins [10 11]
    train origins [7 8 9] test origins [12 13]
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "n_splits": Integers(1),
        "test_size": Integers(1) | None,
        "max_train_size": Integers(1) | None,
        "gap": Integers(0) | None,
        "embargo": Integers(0),
    }

    n_splits: int = 5
    _: KW_ONLY
    test_size: int | None = None
    max_train_size: int | None = None
    gap: int | None = None
    embargo: int = 0

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Yield the training and the test samples of each fold.

        Parameters
        ----------
        X : Windows or array-like of shape (n, ...)
            The samples; rows of an array are taken to be one step apart, in order.
        y : object
            Ignored.
        groups : object
            Ignored; the windows know the series of a panel.

        Yields
        ------
        train : int array
            Training samples.
        test : int array
            Test samples.

        Raises
        ------
        TypeError
            If `X` is neither.
        ValueError
            If a training part would be empty, or a parameter is not an integer in range.
        """
        check_parameters(self)
        # folds are cut by time, so that samples of one time, of any series, stay together
        times = X.times if isinstance(X, Windows) else np.arange(_count(self, X))
        distinct = np.unique(times)
        size = self._test_size(len(distinct))
        gap = self._gap(X)
        if len(distinct) <= self.n_splits * size:
            self._raise_empty_training(len(distinct), size, gap)
        for first in range(len(distinct) - self.n_splits * size, len(distinct), size):
            start, stop = distinct[first], distinct[first + size - 1]
            # with a gap of reach - 1 the last of these targets is known at the first test origin
            earlier = distinct[distinct < start - gap]
            if not len(earlier):
                self._raise_empty_training(len(distinct), size, gap)
            train = (times >= self._first_training_row(earlier)) & (times <= earlier[-1])
            yield np.flatnonzero(train), np.flatnonzero((times >= start) & (times <= stop))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
            `n_splits`.
        """
        check_parameters(self)
        return self.n_splits

    def _test_size(self, times: int) -> int:
        return max(1, times // (self.n_splits + 1)) if self.test_size is None else self.test_size

    def _gap(self, X: Any) -> int:
        if self.gap is not None:
            return self.gap + self.embargo
        return (max(0, X.reach - 1) if isinstance(X, Windows) else 0) + self.embargo

    def _first_training_row(self, earlier: Rows) -> int:
        if self.max_train_size is None:
            return int(earlier[0])
        return int(earlier[-self.max_train_size :][0])

    def _raise_empty_training(self, times: int, size: int, gap: int) -> None:
        raise ValueError(
            f"Every fold needs a training origin, but {self.n_splits} folds of {size} test times "
            f"and a gap of {gap} steps leave none of {times} origin times to the first. Take fewer "
            "or smaller folds, or more data."
        )


def _count(split: Any, X: Any) -> int:
    if isinstance(X, str) or not hasattr(X, "__len__") or getattr(X, "shape", None) == ():
        raise TypeError(
            f"{type(split).__name__} splits samples, in order of time, but X is a "
            f"{type(X).__name__}, {X!r:.40}. Pass Windows, or an array with one row per sample."
        )
    return len(X)


@dataclass(frozen=True)
class SeriesSplit:
    """Test on series of a panel that were not trained on, to see whether the model carries over.

    scikit-learn's ``GroupKFold`` with the series of each window as its group. It says nothing
    about the future: training and test series lie in the same time. Use `OriginSplit` for that.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2 and at most the number of series.

    See Also
    --------
    OriginSplit : Tests on later times, of all series.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.model_selection import SeriesSplit
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows([np.arange(4.0), np.arange(5.0), np.arange(6.0)], lookback=3)
    >>> for train, test in SeriesSplit(3).split(X):
    ...     print("train", train, "test", test)
    train [0 1 2] test [3 4 5]
    train [0 3 4 5] test [1 2]
    train [1 2 3 4 5] test [0]
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"n_splits": Integers(2)}

    n_splits: int = 5

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Yield the training and the test samples of each fold.

        Parameters
        ----------
        X : Windows or array-like of shape (n, ...)
            The samples, windows of a panel unless `groups` is given.
        y : object
            Ignored.
        groups : array-like of shape (n,), optional
            Series of each sample; by default that of the window.

        Yields
        ------
        train : int array
            Training samples.
        test : int array
            Test samples.

        Raises
        ------
        ValueError
            If neither `X` nor `groups` tells the series apart.
        """
        folds = GroupKFold(self.get_n_splits())
        names = _series_numbers(X) if groups is None else groups
        yield from folds.split(np.empty(_count(self, X)), None, names)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
            `n_splits`.
        """
        check_parameters(self)
        return self.n_splits


def _series_numbers(X: Any) -> Any:
    """Return a number for each sample, the same for all windows of one series."""
    origins = getattr(X, "origins", None)
    if not isinstance(origins, pd.MultiIndex):
        raise ValueError(  # noqa: TRY004 - windows of one series have the right type
            "SeriesSplit needs windows of a panel, whose series it can tell apart. Pass groups=, "
            "one name for each sample."
        )
    return origins.codes[0]


def make_splitter(cv: Any) -> Any:
    """Return what scikit-learn makes of a `cv`, or say what one may be."""
    # a text can be iterated and split, and a class of splitters has `split` too
    is_name = isinstance(cv, str | type)
    pairs = isinstance(cv, Iterable) and not is_name and not (isinstance(cv, Sized) and not len(cv))
    splitter = hasattr(cv, "split") and not is_name
    if cv is None or Integers(2).admits(cv) or pairs or splitter:
        return check_cv(cv)
    raise ParameterError(
        f"cv must be a splitter, a number of folds of at least 2, or one or more pairs (train, "
        f"test), got {cv!r:.40}. Use OriginSplit(5), say."
    )
