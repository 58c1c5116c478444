"""Quantiles instead of one value: the decoder, its head and its loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from stforecast._constraints import Constraint, Numbers
from stforecast._training.net import Criterion
from stforecast.estimators.parts.base import OPEN_LIMITS, Decoder, NetShapes
from stforecast.estimators.parts.outer import OuterDecoder
from stforecast.exceptions import ShapeError
from stforecast.nn import Backbone, Head

__all__ = ["QuantileDecoder"]


@dataclass(frozen=True)
class Probabilities(Constraint):
    """Quantiles that hold the median."""

    kinds = ("a sequence of numbers that rise within (0, 1) and hold 0.5, which predict gives",)

    def admits(self, value: Any) -> bool:
        probabilities = tuple(value) if isinstance(value, Sequence | np.ndarray) else ()
        if (
            not all(map(Numbers(0, 1, closed="neither").admits, probabilities))
            or 0.5 not in probabilities
        ):
            return False
        return all(low < high for low, high in pairwise(probabilities))


class QuantileDecoder(OuterDecoder):
    """Several quantiles of every target, by another decoder and the pinball loss.

    The forecaster's `predict` gives the median, its `predict_quantiles` all of them. They never
    cross.

    Parameters
    ----------
    quantiles : sequence of float, default=(0.1, 0.5, 0.9)
        Probabilities of lying below, rising, within (0, 1), 0.5 among them.
    decoder : {"auto", "dense", "rollout", "step"} or decoder part, default="auto"
        What turns the last state into the horizon, as in `ConvLSTMForecaster`. A rollout reads
        back the quantiles of a step to make those of the next; taught, it reads the truth in place
        of each.

    Notes
    -----
    The pinball loss of quantile q is ``max(q e, (q - 1) e)`` with the error ``e = y - forecast``,
    on standardised targets, whatever the `loss` of the training. Forecasts of a sample are sorted
    over the quantiles, which never makes the loss larger. A constant learning rate leaves outer
    quantiles wherever the last batches pulled them; ``Training(schedule="cosine")`` lets them
    settle. Quantiles that were learned need not hold on data to come:
    `SeriesForecaster.forecast_interval` has bounds that are calibrated.

    References
    ----------
    Koenker, Bassett (1978), Regression Quantiles, https://doi.org/10.2307/1913643.
    Chernozhukov et al. (2010), Quantile and Probability Curves Without Crossing, arXiv:0704.3649.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import LSTMForecaster, QuantileDecoder, make_windows
    >>> noise = np.random.default_rng(0).normal(size=300)
    >>> X, y = make_windows(noise, lookback=5, horizon=2)
    >>> model = LSTMForecaster(4, decoder=QuantileDecoder((0.1, 0.5, 0.9)), random_state=0)
    >>> model.fit(X, y).predict_quantiles(X).shape
    (294, 2, 3)
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"quantiles": Probabilities()}

    def __init__(
        self, quantiles: Sequence[float] = (0.1, 0.5, 0.9), *, decoder: str | Decoder = "auto"
    ) -> None:
        self.quantiles = quantiles
        self.decoder = decoder

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
            Called as ``head(output, state, parts)``; gives [B, quantiles * outputs].

        Raises
        ------
        ValueError
            If the inner decoder does not fit.
        """
        count = len(self.quantiles)
        C, H, W = shapes.target
        inner = self._inner_decoder
        if inner.limits != OPEN_LIMITS:
            raise ValueError(
                f"Bounds go around quantiles, got {self!r:.80}. Use "
                f"BoundedDecoder({inner.limits}, decoder=QuantileDecoder(...))."
            )
        # quantiles as further channels, so that a rollout has maps of each
        head = inner.build(backbone, grid, replace(shapes, target=(count * C, H, W)))
        return QuantileHead(head, count, shapes.horizon)

    def criterion(self, loss: str, masked: bool) -> nn.Module:
        """Return the pinball loss of the quantiles.

        Parameters
        ----------
        loss : str
            The `loss` of the training, which is the default or "pinball".
        masked : bool
            Whether NaN targets are left out.

        Returns
        -------
        torch.nn.Module
            Called as ``criterion(prediction, target)``.
        """
        return PinballLoss(tuple(self.quantiles), masked)


class QuantileHead(Head):
    """Sort what a head gives for each quantile of a target.

    Parameters
    ----------
    head : Head
        Gives [B, horizon * quantiles * outputs of a step].
    quantiles : int
        How many.
    horizon : int
        Steps forecast.
    """

    def __init__(self, head: Head, quantiles: int, horizon: int) -> None:
        super().__init__()
        self.head = head
        self.quantiles = quantiles
        self.horizon = horizon
        self.reverse_channels = head.reverse_channels
        self.reads_target = head.reads_target

    def forward(self, output: Tensor, state: object, parts: dict[str, Tensor]) -> Tensor:
        y = self.head(output, state, self._repeat_truth(parts))
        # [B, horizon * quantiles * n] -> [B, quantiles, horizon, n], n outputs of a step
        y = y.unflatten(1, (self.horizon, self.quantiles, -1)).transpose(1, 2)
        return y.sort(dim=1).values.flatten(1)  # [B, quantiles * horizon * outputs of a step]

    def _repeat_truth(self, parts: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return parts whose truth stands in for each quantile of a step."""
        if not (self.reads_target and "target" in parts):
            return parts
        # [B, horizon * n] -> [B, horizon, 1, n] -> [B, horizon * quantiles * n]
        steps = parts["target"].unflatten(1, (self.horizon, 1, -1))
        return {**parts, "target": steps.expand(-1, -1, self.quantiles, -1).flatten(1)}


class PinballLoss(Criterion):
    """Mean pinball loss over quantiles and all targets that are there.

    Parameters
    ----------
    quantiles : sequence of float
        Probabilities of lying below.
    masked : bool, default=False
        Whether NaN targets are left out of the mean.
    """

    def __init__(self, quantiles: Sequence[float], masked: bool = False) -> None:
        super().__init__()
        self.masked = masked
        # [quantiles, 1], to go with errors [B, quantiles, outputs]
        self.register_buffer("probabilities", torch.tensor(quantiles, dtype=torch.float32)[:, None])

    def forward(self, prediction: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the loss of predictions [B, quantiles * outputs] of targets [B, outputs]."""
        count = len(self.probabilities)
        if prediction.shape != (len(target), count * target.shape[1]):
            raise ShapeError(
                f"Predictions {list(prediction.shape)} must hold {count} quantiles of the targets "
                f"{list(target.shape)}. Give the decoder the targets' shape."
            )
        prediction = prediction.unflatten(1, (count, -1))  # [B, quantiles, outputs]
        present = torch.isfinite(target) if self.masked else torch.ones_like(target, dtype=bool)
        # `where` here too, since zero times the slope of NaN is NaN; [B, quantiles, outputs]
        error = torch.where(present, target, 0)[:, None] - prediction
        loss = torch.maximum(self.probabilities * error, (self.probabilities - 1) * error)
        loss = loss if weights is None else loss * weights[:, None, None]
        mask = present[:, None].expand_as(loss)  # [B, 1, outputs] -> [B, quantiles, outputs]
        # a batch without any target has the loss 0, not 0 / 0
        return torch.where(mask, loss, 0).sum() / mask.sum().clamp(min=1)

    def count(self, target: Tensor) -> int:
        """Return how many targets the mean is taken over."""
        return int(torch.isfinite(target).sum()) if self.masked else target.numel()
