"""Losses by name, each an error where prediction and target differ in shape."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from stforecast.exceptions import ShapeError


def pinball_loss(prediction: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the pinball loss of the median."""
    return functional.l1_loss(prediction, target, reduction=reduction) / 2


LOSSES: dict[str, Callable[..., Tensor]] = {
    "mse": functional.mse_loss,
    "mae": functional.l1_loss,
    "huber": functional.huber_loss,
    "pinball": pinball_loss,
}


class Loss(nn.Module):
    """Mean of an elementwise loss over all targets that are there.

    Parameters
    ----------
    name : {"mse", "mae", "huber", "pinball"}
        Elementwise loss, on standardised targets.
    masked : bool, default=False
        Whether NaN targets are left out of the mean.
    """

    def __init__(self, name: str, masked: bool = False) -> None:
        super().__init__()
        self.name = name
        self.masked = masked

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss of predictions [B, outputs]."""
        if prediction.shape != target.shape:
            raise ShapeError(
                f"Predictions {list(prediction.shape)} and targets {list(target.shape)} must have "
                "one shape, or the loss would broadcast. Give the decoder the targets' shape."
            )
        if not self.masked:
            return LOSSES[self.name](prediction, target)
        present = torch.isfinite(target)
        kept = torch.where(present, target, prediction.detach())
        total = LOSSES[self.name](prediction, kept, reduction="sum")
        return total / present.sum().clamp(min=1)

    def count(self, target: Tensor) -> int:
        """Return how many targets the mean is taken over."""
        return int(torch.isfinite(target).sum()) if self.masked else target.numel()
