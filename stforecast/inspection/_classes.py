"""What a classifier of windows says over time."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import (
    make_axes,
    name_time_axis,
    single_series_times,
    time_axis,
)
from stforecast.inspection._display import Display, count
from stforecast.windows import Windows


class ClassProbabilityDisplay(Display):
    """Probabilities of the classes over time, one on top of the other, and the true class above.

    It is best made by `from_estimator`. scikit-learn's ``ConfusionMatrixDisplay`` counts what is
    taken for what; this one shows when.

    Parameters
    ----------
    probabilities : DataFrame
        One row per origin in time, one column per class.
    truth : array-like of shape (n,), default=None
        True class of each origin.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    bands_ : list of matplotlib.collections.PolyCollection
        One for each class.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.inspection import ClassProbabilityDisplay
    >>> shares = pd.DataFrame({"rest": [0.9, 0.4], "walk": [0.1, 0.6]})
    >>> len(ClassProbabilityDisplay(shares, ["rest", "walk"]).plot().bands_)
    2
    """

    def __init__(self, probabilities: pd.DataFrame, truth: Any = None) -> None:
        self.probabilities = probabilities
        self.truth = truth

    def _summary(self) -> str:
        return f"{count(len(self.probabilities), 'origin')}, {self.probabilities.shape[1]} classes"

    @classmethod
    def from_estimator(cls, model: Any, X: Any, y: Any = None, *, ax: Any = None) -> Self:
        """Classify windows and draw.

        Parameters
        ----------
        model : classifier or pipeline
            Fitted, with `predict_proba`.
        X : Windows or array-like of windows
            Of one series, in any order; windows of an array are taken to be in order of time.
        y : array-like of shape (n,), default=None
            True classes, drawn above.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ClassProbabilityDisplay
            Drawn.

        Raises
        ------
        TypeError
            If the model has no `predict_proba`.
        ShapeError
            If there is not one class for each window, or the windows are of several series.
        """
        if not hasattr(model, "predict_proba"):
            raise TypeError(
                "ClassProbabilityDisplay needs a classifier with predict_proba, got "
                f"{model!r:.60} as model. Pass a fitted classifier."
            )
        if not hasattr(X, "__len__") or isinstance(X, str):
            raise TypeError(
                f"X must be windows to classify, got {type(X).__name__} {X!r:.40}. Make them with "
                "make_windows."
            )
        if not isinstance(X, Windows):
            index = pd.RangeIndex(len(X))
            return cls(pd.DataFrame(model.predict_proba(X), index, model.classes_), y).plot(ax)
        # samples may be shuffled, and a stack of bands needs times that rise
        index, order = single_series_times(cls.__name__, X), np.argsort(X.times, kind="stable")
        table = pd.DataFrame(model.predict_proba(X), index, model.classes_).iloc[order]
        truth = None if y is None else _check_truth(y, len(X))[order]
        return cls(table, truth).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw a band for each class.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ClassProbabilityDisplay
            Itself.
        """
        ax = make_axes("ClassProbabilityDisplay", ax)
        table = self.probabilities
        times = time_axis(table.index)
        names = [str(name) for name in table.columns]
        colors = [f"C{number % 10}" for number in range(len(names))]
        shares = table.to_numpy().T
        self.bands_ = ax.stackplot(times, shares, labels=names, colors=colors, alpha=0.8)
        if self.truth is not None:
            truth = _check_truth(self.truth, len(table))
            for name, color in zip(table.columns, colors, strict=True):
                rows = truth == name  # marked just above the bands, which end at 1
                ax.plot(times[rows], np.full(rows.sum(), 1.04), "|", color=color, clip_on=False)
        ax.set(ylabel="probability (true class above)", ylim=(0, 1))
        name_time_axis(ax, table.index.name, table.index)
        ax.legend(loc="lower left", fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _check_truth(y: Any, count: int) -> np.ndarray:
    truth = np.asarray(y)
    if truth.shape != (count,):
        raise ShapeError(
            f"y must hold one class for each of {count} windows, got shape {truth.shape}. Pass the "
            "classes of these windows."
        )
    return truth
