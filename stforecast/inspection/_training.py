"""Losses over the epochs of training."""

from __future__ import annotations

from typing import Any, Self

import pandas as pd

from stforecast.inspection._axes import make_axes
from stforecast.inspection._display import Display, count
from stforecast.inspection._network_steps import steps_to_network


class TrainingCurveDisplay(Display):
    """Training and validation loss of each epoch, and the epoch whose weights were kept.

    It is best made by `from_estimator`. Not to be confused with scikit-learn's
    ``LearningCurveDisplay``, which varies the number of samples.

    Parameters
    ----------
    history : DataFrame
        Losses by epoch, in columns ``train_loss`` and, where there was a validation part,
        ``valid_loss``; the ``history_`` of a forecaster.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    train_line_ : matplotlib.lines.Line2D
        Training losses.
    valid_line_ : matplotlib.lines.Line2D or None
        Validation losses.
    best_line_ : matplotlib.lines.Line2D or None
        The epoch of the lowest validation loss.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.inspection import TrainingCurveDisplay
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> TrainingCurveDisplay.from_estimator(model).train_line_.get_xdata()
    array([1, 2, 3, 4, 5])
    """

    def __init__(self, history: pd.DataFrame) -> None:
        self.history = history

    def _summary(self) -> str:
        return count(len(self.history), "epoch")

    @classmethod
    def from_estimator(cls, model: Any, *, ax: Any = None) -> Self:
        """Draw the losses of a fitted network.

        Parameters
        ----------
        model : forecaster, or pipeline, search or SeriesForecaster around one
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        TrainingCurveDisplay
            Drawn.

        Raises
        ------
        TypeError
            If it holds no fitted network.
        """
        return cls(steps_to_network(model)[1].history_).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        TrainingCurveDisplay
            Itself.
        """
        ax = make_axes("TrainingCurveDisplay", ax)
        losses = self.history
        (self.train_line_,) = ax.plot(losses.index, losses["train_loss"], label="training")
        self.valid_line_ = self.best_line_ = None
        if "valid_loss" in losses:
            (self.valid_line_,) = ax.plot(losses.index, losses["valid_loss"], label="validation")
            best = losses["valid_loss"].idxmin()
            self.best_line_ = ax.axvline(best, color="0.6", ls="--", lw=1, label=f"best: {best}")
        ax.set(xlabel="epoch", ylabel="loss (targets standardised)")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
