"""Forecasts that stay within bounds: the decoder and its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from stforecast._constraints import Constraint, Numbers
from stforecast.estimators.parts.base import OPEN_LIMITS, Bounds, Decoder, NetShapes
from stforecast.estimators.parts.outer import OuterDecoder
from stforecast.nn import Backbone, Head
from stforecast.windows._batches import iter_batches
from stforecast.windows._windows import Windows

__all__ = ["BoundedDecoder"]

SHARPNESS = 3.0  # of the bend, per standard deviation of the targets


@dataclass(frozen=True)
class Pairs(Constraint):
    """A lower and an upper bound, one of them at least."""

    kinds = ("a pair (lower, upper) of rising numbers, one of which may be None",)

    def admits(self, value: Any) -> bool:
        if not isinstance(value, tuple | list) or len(value) != 2 or tuple(value) == OPEN_LIMITS:
            return False
        if not all(map((Numbers(-np.inf) | None).admits, value)):
            return False
        return None in tuple(value) or value[0] < value[1]


class BoundedDecoder(OuterDecoder):
    """Forecasts that stay within bounds, such as rain and counts, which are never negative.

    The network learns within them: its outputs are bent into the bounds before the loss sees them.
    That goes for quantiles too.

    Parameters
    ----------
    bounds : tuple of (float or None, float or None), default=(0, None)
        Lower and upper bound, in the units of the targets; None where there is none.
    decoder : {"auto", "dense", "rollout", "step"} or decoder part, default="auto"
        What turns the last state into the horizon: any other, a `QuantileDecoder` among them.

    Notes
    -----
    With ``f(z) = s log(1 + exp(3 z / s)) / 3`` and the standard deviation s of the targets in
    training, an output z becomes ``l + f(z - l)`` above a lower bound l, and ``f(z - u)`` less
    where there is an upper one u. Well within the bounds it stays what it was. A forecast comes as
    near to a bound as one likes, but hardly ever lies on it: where most of the truth is exactly 0,
    the median may be 0.001. Bounds of calibrated intervals are cut off where forecasts end.

    Targets beyond a bound are refused in `fit`. On a baseline the
    network learns the targets themselves, not what the baseline leaves of them, and the forecasts
    of both together are clipped. A rollout
    reads its frames back as they are before they are bent. A `RelativeForecaster` around the
    network changes the units in which bounds are meant, and is refused.

    Not to be confused with clipping after the fit, which leaves the network to spend its capacity
    on values that cannot be, and its quantiles wrong.

    References
    ----------
    Dugas et al. (2001), Incorporating Second-Order Functional Knowledge for Better Option Pricing,
    NIPS 13: the smooth bend, softplus.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import LSTMForecaster, make_windows
    >>> from stforecast.estimators import BoundedDecoder
    >>> rain = np.random.default_rng(0).exponential(size=300).round() * 2.0
    >>> X, y = make_windows(rain, lookback=5, horizon=2)
    >>> model = LSTMForecaster(4, decoder=BoundedDecoder((0, None)), random_state=0)
    >>> bool(model.fit(X, y).predict(X).min() >= 0)
    True
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"bounds": Pairs()}

    def __init__(
        self,
        bounds: tuple[float | None, float | None] = (0, None),
        *,
        decoder: str | Decoder = "auto",
    ) -> None:
        self.bounds = bounds
        self.decoder = decoder

    @property
    def quantiles(self) -> Sequence[float]:
        """Quantiles that the inner decoder gives."""
        return self.decoder.quantiles if isinstance(self.decoder, Decoder) else ()

    @property
    def limits(self) -> Bounds:
        """The bounds, as what trains and predicts asks any decoder for them."""
        low, high = self.bounds
        return low, high

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
            Called as ``head(output, state, parts)``; needs `set_units` before it trains.
        """
        return bounded_head(self, self._inner_decoder, backbone, grid, shapes)

    def criterion(self, loss: str, masked: bool) -> nn.Module:
        """Return the loss of the inner decoder.

        Parameters
        ----------
        loss : str
            The `loss` of the training.
        masked : bool
            Whether NaN targets are left out.

        Returns
        -------
        torch.nn.Module
            Called as ``criterion(prediction, target)``.
        """
        return self._inner_decoder.criterion(loss, masked)


class BoundedHead(Head):
    """Bend what a head gives into bounds.

    Parameters
    ----------
    head : Head
        Gives [B, outputs] or, for several quantiles of each, [B, quantiles * outputs].
    outputs : int
        Numbers in one target.
    bounds : tuple of (float or None, float or None)
        Lower and upper bound in the units of the targets, one of them at least.
    """

    lower: Tensor
    upper: Tensor
    has_fixed_buffers = True  # training does not change them, so that cores may share a batch

    def __init__(self, head: Head, outputs: int, bounds: Bounds) -> None:
        super().__init__()
        self.head = head
        self.bounds = bounds
        self.reverse_channels, self.reads_target = head.reverse_channels, head.reads_target
        for name in ("lower", "upper"):
            self.register_buffer(name, torch.zeros(outputs))  # saved with the weights

    def set_units(self, mean: Tensor, scale: Tensor) -> None:
        """Take over the bounds in standardised units.

        Parameters
        ----------
        mean, scale : torch.Tensor
            [outputs]; outputs are ``(target - mean) / scale``.
        """
        self.head.set_units(mean, scale)
        for buffer, bound in zip((self.lower, self.upper), self.bounds, strict=True):
            if bound is not None:
                # in place, so that it stays a buffer of the module, on its device
                buffer.copy_((bound - mean) / scale)

    def forward(self, output: Tensor, state: object, parts: dict[str, Tensor]) -> Tensor:
        y = self.head(output, state, parts)
        # [B, quantiles * outputs] -> [B, quantiles, outputs]: one bound for all quantiles of one
        y = y.unflatten(1, (-1, len(self.lower)))
        return self._bend(y).flatten(1)

    def _bend(self, y: Tensor) -> Tensor:
        values = y
        if self.bounds[0] is not None:
            values = self.lower + _softplus(y - self.lower)
        # of y itself, so that far above both bounds l + (y - l) - (y - u) = u remains
        if self.bounds[1] is not None:
            values = values - _softplus(y - self.upper)
        return values


def bounded_head(
    decoder: Decoder, inner: Decoder, backbone: Backbone, grid: tuple[int, int], shapes: NetShapes
) -> BoundedHead:
    """Return the head of an inner decoder, within the limits of the decoder around it."""
    head = inner.build(backbone, grid, shapes)
    return BoundedHead(head, shapes.outputs, decoder.limits)


def _softplus(y: Tensor) -> Tensor:
    return functional.softplus(y, beta=SHARPNESS)


def check_within(y: Any, bounds: Bounds) -> None:
    """Raise if targets lie beyond the bounds of their forecasts."""
    if bounds == OPEN_LIMITS:
        return
    low, high = bounds
    for batch in iter_batches(y) if isinstance(y, Windows) else [np.asarray(y)]:
        # NaN is a target that is missing; a bound of None does not clip
        beyond = np.isfinite(batch) & (np.clip(batch, low, high) != batch)
        if beyond.any():
            raise ValueError(
                f"Targets must lie within {bounds}, the bounds that the decoder sets forecasts, "
                f"but one is {batch[beyond][0]:g}. Correct the series, or use a decoder of wider "
                "bounds, or of none."
            )
