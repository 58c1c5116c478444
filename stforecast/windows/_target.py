"""What the targets of windows are, so that predictions can be given their labels back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._gather import Array


class Labels(Protocol):
    """Puts labels on an array of targets (n, horizon, *frame)."""

    def attach(self, values: Array, origins: Any, steps: range) -> Any:
        """Label targets by origin and step."""

    def attach_frames(self, values: Array, times: Any) -> Any:
        """Label frames (N, *frame) by time."""


@dataclass(frozen=True)
class ColumnLabels:
    """The columns of a table."""

    names: tuple[Hashable, ...]

    def attach(self, values: Array, origins: Any, steps: range) -> pd.DataFrame:
        columns = pd.MultiIndex.from_product([steps, self.names], names=["step", "target"])
        return pd.DataFrame(values.reshape(len(values), -1), index=origins, columns=columns)

    def attach_frames(self, values: Array, times: Any) -> pd.DataFrame:
        return pd.DataFrame(values, index=times, columns=pd.Index(self.names))


@dataclass(frozen=True)
class Target:
    """Layout of the targets: which rows after the origin, and the frame at each.

    Parameters
    ----------
    horizon : int
        Rows forecast; 0 where the target belongs to the origin itself.
    gap : int
        Rows between the origin and the first row forecast.
    frame : tuple of int
        Shape of one row: (outputs,) or (C, H, W).
    labels : Labels, optional
        What names the outputs.
    channels : tuple of int, optional
        Channels of the series that hold the target in its units, in the order of the outputs;
        None where no channel does.
    """

    horizon: int
    gap: int
    frame: tuple[int, ...]
    labels: Labels | None = None
    channels: tuple[int, ...] | None = None

    @property
    def reach(self) -> int:
        """Rows after the origin that the target spans."""
        return self.gap + self.horizon

    @property
    def steps(self) -> range:
        """Distance in rows of each forecast row from the origin."""
        return range(self.gap + 1, self.reach + 1)

    def unflatten(self, y: Array, origins: Any) -> Any:
        """Return 2-D targets as (n, horizon, *frame), labelled where the source was."""
        shape = (len(origins), max(1, self.horizon), *self.frame)
        if y.size != int(np.prod(shape)) or len(y) != len(origins):
            raise ShapeError(
                f"y must have {shape[0]} rows of horizon x outputs = {shape[1]} x "
                f"{int(np.prod(self.frame))} values, got shape {y.shape}. Pass the predictions of "
                "these very windows."
            )
        values = y.reshape(shape)
        return values if self.labels is None else self.labels.attach(values, origins, self.steps)
