"""Errors of several models, and which differences are decided."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast._constraints import Instances
from stforecast.comparison import Comparison
from stforecast.inspection._axes import make_axes
from stforecast.inspection._display import Display, count

# marker and colour of each kind, so that a picture without colours says the same
_STYLES = {"network": ("D", "C0"), "baseline": ("o", "0.35"), "other": ("s", "C1")}
_COLUMNS = ["error", "standard error", "against", "verdict", "kind"]


class ComparisonDisplay(Display):
    """The error of each model, with bars of two standard errors of its difference.

    It is best made by `from_comparison`. A bar that does not reach the dashed line, which is the
    error of the reference, is a difference that the origins decide. Networks of this library are
    filled diamonds, baselines circles, other models squares.

    Parameters
    ----------
    figures : DataFrame
        For each model, the best first, its ``error``, the ``standard error`` of its difference to
        the model that ``against`` names, its ``verdict`` and its ``kind``.
    metric : str
        What the error is called.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on; the best model on top.
    figure_ : matplotlib.figure.Figure
        Their figure.
    points_ : dict of str to matplotlib.container.ErrorbarContainer
        The points and bars of each kind of model.
    line_ : matplotlib.lines.Line2D or None
        The error of the reference; None where models have different references.

    See Also
    --------
    stforecast.comparison.compare : Makes what is drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.comparison import compare
    >>> from stforecast.inspection import ComparisonDisplay
    >>> from stforecast.model_selection import OriginSplit
    >>> load = np.sin(np.arange(300.0)) + np.random.default_rng(0).normal(size=300)
    >>> comparison = compare(["persistence", "ridge"], load, OriginSplit(3), lookback=8, horizon=2)
    >>> ComparisonDisplay.from_comparison(comparison).figures["verdict"]
    model
    ridge              ahead
    persistence    reference
    Name: verdict, dtype: str
    """

    def __init__(self, figures: pd.DataFrame, metric: str) -> None:
        self.figures = figures
        self.metric = metric

    def _summary(self) -> str:
        return f"{self.metric} of {count(len(self.figures), 'model')}"

    @classmethod
    def from_comparison(
        cls, comparison: Comparison, *, metric: str | None = None, ax: Any = None
    ) -> Self:
        """Draw one metric of a comparison.

        Parameters
        ----------
        comparison : Comparison
            What `stforecast.comparison.compare` found.
        metric : str, default=None
            One of its metrics, by default the first.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ComparisonDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `comparison` is not a `Comparison`.
        ValueError
            If `metric` is not one of those compared.
        """
        Instances("a Comparison, which compare makes", (Comparison,)).check(
            "comparison", comparison
        )
        metric = comparison.check_metric(metric)
        figures = comparison.table[metric].assign(kind=comparison.models["kind"])
        figures = figures[figures["error"].notna()].sort_values("error", kind="stable")
        return cls(figures[_COLUMNS], metric).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw a point and a bar for each model.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ComparisonDisplay
            Itself.
        """
        # as high as its rows ask for
        ax = make_axes("ComparisonDisplay", ax, (6.4, 1.4 + 0.4 * len(self.figures)))
        places = pd.Series(np.arange(len(self.figures)), self.figures.index)
        self.points_ = {}
        for kind, (marker, color) in _STYLES.items():
            figures = self.figures[self.figures["kind"] == kind]
            if len(figures):
                self.points_[kind] = ax.errorbar(
                    figures["error"],
                    places[figures.index],
                    # NaN for the reference, which has no difference to itself
                    xerr=2 * figures["standard error"].astype(float).fillna(0),
                    fmt=marker,
                    color=color,
                    markerfacecolor=color if kind == "network" else "white",
                    capsize=3,
                    label=kind,
                )
        reference = self.figures.loc[self.figures["verdict"] == "reference", "error"]
        self.line_ = None
        if len(reference):
            self.line_ = ax.axvline(
                reference.iloc[0], linestyle="--", color="0.5", zorder=0, label="reference"
            )
        ax.set_yticks(places, [_label(*row) for row in self.figures["verdict"].items()])
        ax.set_ylim(len(places) - 0.5, -0.5)
        name = self.metric.replace("_", " ")
        rival = "the reference" if len(reference) else "the best of the others"
        ax.set_xlabel(f"{name}\nbars: 2 standard errors of the difference to {rival}")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _label(name: Any, verdict: str) -> str:
    """Return the name of a model, with the verdict where there is one."""
    return f"{name} ({verdict})" if verdict not in ("", "alone") else str(name)
