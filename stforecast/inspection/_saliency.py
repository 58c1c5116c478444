"""What a network looks at: the gradient of its forecast."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
import torch

from stforecast._validation import check_integer
from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import grid_of_axes
from stforecast.inspection._unwrap import steps_to_network
from stforecast.windows._coerce import as_windows
from stforecast.windows._windows import Windows

# Windows beyond these tell nothing new about an average.
_MOST_WINDOWS = 256


class SaliencyDisplay:
    """How much the forecast answers to each value of the window.

    The mean over windows of the size of the gradient of the forecast, in the units of the target
    per standard deviation of the input. It is best made by `from_estimator`.

    Parameters
    ----------
    saliency : ndarray of shape (T, C, H, W)
        Mean absolute gradients, of the frames that the network sees.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes whose place the images take.
    axes_ : ndarray of matplotlib.axes.Axes
        One for all frames of a table, or one for each frame of maps.
    figure_ : matplotlib.figure.Figure
        Their figure.
    images_ : list of matplotlib.image.AxesImage
        The images: for frames of one row a single one, frames from top to bottom, cells of one
        channel after the other from left to right; for maps one a frame, averaged over channels.

    Notes
    -----
    With y(x) the forecast (the sum over the outputs looked at) and s the standard deviation of
    each channel, the saliency is the mean over windows of |s dy/dx|. It is local: a value that
    matters only when it changes by much may have a gradient near zero. It says what the network
    answers to, not what causes what.

    References
    ----------
    Simonyan, Vedaldi, Zisserman (2014), Deep Inside Convolutional Networks, arXiv:1312.6034.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.inspection import SaliencyDisplay
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> SaliencyDisplay.from_estimator(model, X).saliency.shape
    (20, 1, 1, 1)
    """

    def __init__(self, saliency: np.ndarray) -> None:
        self.saliency = saliency

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, *, output: int | None = None, ax: Any = None
    ) -> Self:
        """Measure and draw what a fitted network answers to.

        Parameters
        ----------
        model : forecaster, or pipeline or search around one
            Fitted; of a SeriesForecaster pass its ``estimator_``.
        X : Windows or array-like of windows
            As given to ``fit``; evenly spaced ones are taken where there are more than 256.
        output : int, default=None
            Which column of ``predict`` to look at; the sum of all by default.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        SaliencyDisplay
            Drawn.

        Raises
        ------
        TypeError
            If there is no fitted network inside.
        """
        steps, network = steps_to_network(model)
        X = X[:: -(-len(X) // _MOST_WINDOWS)]
        for step in steps:
            X = step.transform(X)
        return cls(_gradients(network, as_windows(_windowed(X)), output)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the saliency of each frame.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        SaliencyDisplay
            Itself.
        """
        T, C, H, W = self.saliency.shape
        if H == 1:
            ax, axes = grid_of_axes("SaliencyDisplay", ax, 1, 1, 4.0)
            images = self.saliency.reshape(1, T, C * W)
            axes[0, 0].set(ylabel="frame, the last is the origin", xlabel="channel, cell")
        else:
            ax, axes = grid_of_axes("SaliencyDisplay", ax, 1, T, 1.6)
            images = self.saliency.mean(axis=1)
        most = self.saliency.max() if H == 1 else images.max()
        self.images_ = [
            place.imshow(image, vmin=0.0, vmax=most or 1.0, cmap="magma", aspect="auto" if H == 1 else "equal")
            for place, image in zip(axes[0], images, strict=True)
        ]
        for place, lag in zip(axes[0], range(1 - T, 1), strict=False):
            if H > 1:
                place.set(xticks=[], yticks=[], title=f"{lag}")
        bar = ax.figure.colorbar(self.images_[0], ax=list(axes[0]))
        bar.set_label("target per standard deviation")
        self.ax_, self.axes_, self.figure_ = ax, axes, ax.figure
        return self
