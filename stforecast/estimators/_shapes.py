"""What a network is built for: shapes of the window, the parts and the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from stforecast._training.samples import frame_shape
from stforecast.windows._windows import Windows


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
    parts = {name: tuple(part.shape[1:]) for name, part in X.parts.items()}
    horizon, target = _target(X, outputs, parts)
    return NetShapes(X.shape[1], frame_shape(X), horizon, target, parts, X.masked)


def class_shapes(X: Windows, classes: int) -> NetShapes:
    """Return the shapes of windows each of which is of one class."""
    parts = {name: tuple(part.shape[1:]) for name, part in X.parts.items()}
    return NetShapes(X.shape[1], frame_shape(X), 1, (classes, 1, 1), parts, X.masked)


def _target(X: Windows, outputs: int, parts: Mapping[str, Any]) -> tuple[int, tuple[int, int, int]]:
    if X.target is not None and X.target.horizon:
        C, H, W = (*X.target.frame, 1, 1)[:3]
        if X.target.horizon * C * H * W == outputs:
            return X.target.horizon, (C, H, W)
    if "known" in parts and outputs % parts["known"][0] == 0:
        return parts["known"][0], (outputs // parts["known"][0], 1, 1)
    return 1, (outputs, 1, 1)
