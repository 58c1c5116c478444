"""What a network looks at: the gradient of its forecast."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from stforecast._validation import check_position
from stforecast.inspection._axes import make_axes_grid, map_inches
from stforecast.inspection._display import Display, count
from stforecast.inspection._map_labels import shade_missing
from stforecast.inspection._network_steps import steps_to_network
from stforecast.inspection._slopes import baseline_slopes, network_slopes
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows

# Windows beyond these tell nothing new about an average.
_MAX_WINDOWS = 256


class SaliencyDisplay(Display):
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
    each channel, the saliency is the mean over windows of ``|s dy/dx|``. It is local: a value that
    matters only when it changes by much may have a gradient near zero. It says what the forecast
    answers to, not what causes what.

    The forecast is that of `predict`: a ridge, a stencil, persistence or a fading anomaly that the
    network stands on counts, and the network counts with its share. Climatology answers to no
    value. A baseline of another kind, such as advection, is left out, so that at share 0 nothing
    remains. Of quantiles it is the median, of a classifier the scores before the softmax.

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

    def _summary(self) -> str:
        T, C, H, W = self.saliency.shape
        return f"{count(T, 'frame')} of {count(C, 'channel')}, {H} x {W} cells"

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any, *, output: int | None = None, ax: Any = None
    ) -> Self:
        """Measure and draw what a fitted network answers to.

        Parameters
        ----------
        model : forecaster or classifier, or pipeline or search around one
            Fitted; of a SeriesForecaster pass its ``estimator_``.
        X : Windows or array-like of windows
            As given to ``fit``; evenly spaced ones are taken where there are more than 256.
        output : int, default=None
            Which column of ``predict``, or which class, to look at; the sum of all by default.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        SaliencyDisplay
            Drawn.

        Raises
        ------
        TypeError
            If it holds no fitted network.
        ValueError
            If no window is given, or no output has that number.
        """
        steps, estimator = steps_to_network(model)
        if np.ndim(X) == 0 or not len(X):
            raise ValueError("SaliencyDisplay needs at least one window, got none as X.")
        X = X[:: -(-len(X) // _MAX_WINDOWS)]
        for step in steps:
            X = step.transform(X)
        X = as_windows(check_windows(estimator, X, reset=False))
        return cls(_saliency(estimator, X, output)).plot(ax)

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
        one_row = H == 1
        images = self.saliency.reshape(1, T, C * W) if one_row else self.saliency.mean(axis=1)
        inches = (4.0, 4.0) if one_row else map_inches(H, W)
        ax, axes = make_axes_grid("SaliencyDisplay", ax, 1, len(images), inches)
        style = {"vmin": 0.0, "vmax": images.max() or 1.0, "cmap": "magma"}
        style["aspect"] = "auto" if one_row else "equal"
        self.images_ = [
            place.imshow(image, **style) for place, image in zip(axes[0], images, strict=True)
        ]
        if one_row:
            _label_frames(axes[0, 0], T, C, W)
        else:
            for place, frame in zip(axes[0], range(1 - T, 1), strict=True):
                shade_missing(place)
                place.set(xticks=[], yticks=[], title=f"frame {frame}")
        bar = ax.figure.colorbar(self.images_[0], ax=list(axes[0]))
        bar.set_label("target per standard deviation")
        self.ax_, self.axes_, self.figure_ = ax, axes, ax.figure
        return self


def _label_frames(place: Any, T: int, C: int, W: int) -> None:
    """Number the frames from the origin backwards, and say what lies across."""
    ticks = np.unique(np.linspace(0, T - 1, min(T, 8)).round().astype(int))
    place.set_yticks(ticks, ticks - T + 1)
    across = "cell" if C == 1 else "channel" if W == 1 else "channel, then cell"
    place.set(
        ylabel="frame (0 is the origin)", xlabel=across, xticks=range(0, C * W, -(-C * W // 16))
    )


def _saliency(estimator: Any, X: Windows, output: int | None) -> np.ndarray:
    """Return the mean absolute gradient of the frames, on the CPU in double precision."""
    network, blend = estimator.network_, getattr(estimator, "blend_", None)
    columns = _columns(output, network.shapes.outputs)
    weighted = [(1.0, network_slopes(network, columns))]
    if blend is not None:
        of_network, of_baseline = blend.weights
        weighted = [(of_network, weighted[0][1])]
        slopes = baseline_slopes(blend.baseline, network, columns)
        weighted += [] if slopes is None else [(of_baseline, slopes)]
    total: Any = 0.0
    for rows in np.array_split(np.arange(len(X)), -(-len(X) // 32)):
        gradient = sum(weight * slopes(X[rows]) for weight, slopes in weighted)
        total = total + np.abs(gradient).sum(axis=0)
    return np.asarray(total / len(X))


def _columns(output: int | None, count: int) -> slice:
    if output is None:
        return slice(None)
    column = check_position("output", output, count, "columns of predict")
    return slice(column, column + 1)
