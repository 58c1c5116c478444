"""What the targets of windows are, so that predictions can be given their labels back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stforecast.exceptions import ShapeError
from stforecast.windows._batches import Array
from stforecast.windows.sources._labels import Labels


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
        return (
            values
            if self.labels is None
            else self.labels.label_targets(values, origins, self.steps)
        )
