"""What a detector of anomalies found, beside the series."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import check_channel, grid_of_axes, name_time_axis, time_axis
from stforecast.windows import Windows
from stforecast.windows._coercion import require_windows


class AnomalyDisplay:
    """A series over time with its anomalies marked, and below it how far off each row was.

    It is best made by `from_estimator`.

    Parameters
    ----------
    series : Series
        Values by time.
    scores : Series
        How strange each row is: higher is stranger.
    limit : float
        Rows with a higher score are anomalies.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes whose place the two take.
    axes_ : ndarray of matplotlib.axes.Axes, shape (2,)
        The series and the scores.
    figure_ : matplotlib.figure.Figure
        Their figure.
    spans_ : list of tuple
        First and last label of each unbroken run of anomalies.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.inspection import AnomalyDisplay
    >>> values = pd.Series([1.0, 1.0, 9.0, 9.0, 1.0])
    >>> AnomalyDisplay(values, values - 1, limit=4.0).plot().spans_
    [(2, 3)]
    """

    def __init__(self, series: pd.Series, scores: pd.Series, limit: float) -> None:
        self.series = series
        self.scores = scores
        self.limit = limit

    @classmethod
    def from_estimator(cls, detector: Any, X: Windows, *, channel: int = 0, ax: Any = None) -> Self:
        """Score windows and draw the last row of each.

        Parameters
        ----------
        detector : ForecastAnomalyDetector
            Fitted; any outlier detector with `score_samples` and ``offset_`` that reads windows.
        X : Windows
            Windows of a table of one series, by time.
        channel : int, default=0
            Which column to draw.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        AnomalyDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not `Windows`.
        ShapeError
            If the windows are those of maps or of several series.
        """
        require_windows("AnomalyDisplay", X)
        if len(X.base.shape) != 2 or isinstance(X.index, pd.MultiIndex):
            raise ShapeError(
                "AnomalyDisplay draws windows of a table of one series, but these are of maps or "
                "of a panel. Make windows of one series, or of one column."
            )
        if not hasattr(detector, "score_samples") or not hasattr(detector, "offset_"):
            raise TypeError(
                "AnomalyDisplay needs a fitted outlier detector with score_samples and offset_ as "
                f"detector, got {detector!r:.60}. Pass a fitted ForecastAnomalyDetector."
            )
        column = check_channel(channel, X.base.shape[1])
        values = np.asarray(X.base[slice(None)])[X.ends - 1, column]
        name = None if X.columns is None else X.columns[column]
        index = pd.Index(X.origins)
        scores = pd.Series(-detector.score_samples(X), index)
        return cls(pd.Series(values, index, name=name), scores, -float(detector.offset_)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the series, the scores and the anomalies.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        AnomalyDisplay
            Itself.
        """
        ax, axes = grid_of_axes("AnomalyDisplay", ax, 2, 1, (8.0, 1.8))
        above, below = axes[:, 0]
        times = time_axis(self.series.index)
        above.plot(times, self.series, color="0.35", lw=0.9)
        below.plot(times, self.scores, color="C0", lw=0.9)
        below.axhline(self.limit, color="0.35", ls="--", lw=1, label="limit")
        runs = _runs(np.asarray(self.scores > self.limit))
        self.spans_ = [(self.series.index[a], self.series.index[b]) for a, b in runs]
        half = (times[1] - times[0]) / 2 if len(times) > 1 else 0
        for number, (first, last) in enumerate(runs):
            for place in (above, below):
                place.axvspan(
                    times[first] - half, times[last] + half, color="C1", alpha=0.35, lw=0,
                    label="_" if number else "anomaly",
                )  # fmt: skip
        above.set_ylabel("" if self.series.name is None else str(self.series.name))
        above.tick_params(labelbottom=False)
        below.set_ylabel("score")
        name_time_axis(below, self.series.index.name, self.series.index)
        below.legend(loc="upper left")
        self.ax_, self.axes_, self.figure_ = ax, axes[:, 0], ax.figure
        return self


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return first and last place of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return [(int(a), int(b) - 1) for a, b in list(pairwise(edges))[::2]]
