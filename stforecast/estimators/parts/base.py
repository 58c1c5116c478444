"""What decoders, attention and cell parts offer, and the shapes that they are built for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sklearn.base import BaseEstimator
from skorch.callbacks import Callback
from torch import nn

from stforecast._composite import Composite
from stforecast._training.net import Loss
from stforecast._training.samples import frame_shape
from stforecast.nn.base import Backbone, Head
from stforecast.nn.convlstm_cell import CellFactory
from stforecast.windows._parts import WEIGHT
from stforecast.windows._windows import Windows

__all__ = ["Attention", "Cell", "Decoder"]

Bounds = tuple[float | None, float | None]
OPEN_LIMITS: Bounds = (None, None)


class Decoder(Composite):
    """Base of decoders: what turns the network's output into the horizon, and how it is trained.

    A subclass has to say `build`; the rest has the defaults that suit one value for each target.

    Attributes
    ----------
    quantiles : sequence of float
        Quantiles that the head gives for every target, 0.5 among them; none for a single value.
    limits : tuple of (float or None, float or None)
        Lower and upper bound of what the head gives, in the units of the targets; None where there
        is none.

    Examples
    --------
    >>> from stforecast.estimators import Decoder, LSTMForecaster
    >>> from stforecast.nn import DenseHead
    >>> class TwoLayers(Decoder):
    ...     def build(self, backbone, grid, shapes):
    ...         return DenseHead(backbone.out_channels, shapes.outputs, grid=grid, hidden=8)
    >>> LSTMForecaster(decoder=TwoLayers())
    LSTMForecaster(decoder=TwoLayers())
    """

    quantiles: Sequence[float] = ()
    limits: Bounds = (None, None)

    @abstractmethod
    def build(self, backbone: Backbone, grid: tuple[int, int], shapes: NetShapes) -> Head:
        """Return the head for a backbone.

        Parameters
        ----------
        backbone : Backbone
            Gives `out_channels` and `reverse_channels`.
        grid : tuple of int
            Rows and columns of its output.
        shapes : NetShapes
            Shapes of one sample.

        Returns
        -------
        Head
            Called as ``head(output, state, parts)``.
        """

    def criterion(self, loss: str, masked: bool) -> nn.Module:
        """Return the loss that a forecaster is trained with.

        Parameters
        ----------
        loss : str
            The `loss` of the training.
        masked : bool
            Whether NaN targets are left out.

        Returns
        -------
        torch.nn.Module
            Called as ``criterion(prediction, target)``. A `Criterion` says how many numbers its
            mean is taken over; that of any other is taken over samples, and cores do not share it.
        """
        return Loss(loss, masked)

    def callbacks(self) -> list[Callback]:
        """Return what changes the head between epochs.

        Returns
        -------
        list of skorch.callbacks.Callback
            None by default.
        """
        return []


class Attention(BaseEstimator):
    """Base of parts that stand between CNN and LSTM."""

    @abstractmethod
    def arrange(self, channels: int, pooling: nn.Module) -> Sequence[nn.Module]:
        """Return what stands between CNN and LSTM, in order.

        Parameters
        ----------
        channels : int
            Channels of the CNN's maps.
        pooling : torch.nn.Module
            Makes vectors of maps; has the attribute ``features``.

        Returns
        -------
        sequence of torch.nn.Module
            The pooling, and the attention before or after it.
        """


class Cell(BaseEstimator):
    """Base of parts that say what the cells of a ConvLSTM are."""

    @abstractmethod
    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """


@dataclass(frozen=True)
class NetShapes:
    """Shapes of one sample.

    Parameters
    ----------
    steps : int
        Frames T of a window.
    frame : tuple of int
        (C, H, W) of a frame.
    horizon : int
        Steps to forecast.
    target : tuple of int
        (C, H, W) of the target at one step.
    parts : mapping of str to tuple of int
        Shape of each named part.
    masked : bool, default=False
        Whether the second half of the channels says which values of the first are there.
    """

    steps: int
    frame: tuple[int, int, int]
    horizon: int
    target: tuple[int, int, int]
    parts: Mapping[str, tuple[int, ...]]
    masked: bool = False

    @property
    def channels(self) -> int:
        """Channels of the windows themselves."""
        # a mask doubles the channels: values first, then whether each is there
        return self.frame[0] // 2 if self.masked else self.frame[0]

    @property
    def outputs(self) -> int:
        """Numbers in one target."""
        return self.horizon * prod(self.target)

    @property
    def known(self) -> tuple[int, int]:
        """Shape (horizon, K) of part ``known``; (0, 0) without it."""
        horizon, features = self.parts.get("known", (0, 0))
        return horizon, features

    @property
    def static(self) -> int:
        """Size of part ``static``."""
        return prod(self.parts["static"]) if "static" in self.parts else 0


def net_shapes(X: Windows, outputs: int) -> NetShapes:
    """Return the shapes of windows whose targets hold `outputs` numbers."""
    parts = part_shapes(X)
    horizon, target = _target(X, outputs, parts)
    return NetShapes(X.shape[1], frame_shape(X), horizon, target, parts, X.masked)


def class_shapes(X: Windows, classes: int) -> NetShapes:
    """Return the shapes of windows each of which is of one class."""
    return NetShapes(X.shape[1], frame_shape(X), 1, (classes, 1, 1), part_shapes(X), X.masked)


def part_shapes(X: Windows) -> dict[str, tuple[int, ...]]:
    """Return the shape of each part that a network may read, for one window."""
    return {name: tuple(part.shape[1:]) for name, part in X.parts.items() if name != WEIGHT}


def _target(X: Windows, outputs: int, parts: Mapping[str, Any]) -> tuple[int, tuple[int, int, int]]:
    if X.target is not None and X.target.horizon:
        C, H, W = (*X.target.frame, 1, 1)[:3]  # columns of a table are maps of one cell
        # not where y is another than that which came with the windows
        if X.target.horizon * C * H * W == outputs:
            return X.target.horizon, (C, H, W)
    # an array does not say how its columns are steps; known covariates (horizon, K) do
    if "known" in parts and outputs % parts["known"][0] == 0:
        return parts["known"][0], (outputs // parts["known"][0], 1, 1)
    return 1, (outputs, 1, 1)
