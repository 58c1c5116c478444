"""Make blocks of cells the channels of a smaller map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stforecast._constraints import Constraint, Integers
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array
from stforecast.windows._coercion import restore_kind
from stforecast.windows._steps import KeepsValues, Reshape
from stforecast.windows._windows import Windows


@dataclass(frozen=True)
class Blocks(KeepsValues):
    """Make the cells of each block of size x size channels of one cell."""

    size: int

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C, H, W = shape
        return (n, T, C * self.size**2, -(-H // self.size), -(-W // self.size))

    def __call__(self, batch: Array) -> Array:
        n, T, C, H, W = batch.shape
        size, (*_, h, w) = self.size, self.shape(batch.shape)
        edges = [(0, 0)] * 3 + [(0, h * size - H), (0, w * size - W)]
        cells = np.pad(batch, edges, mode="edge").reshape(n, T, C, h, size, w, size)
        return cells.transpose(0, 1, 2, 4, 6, 3, 5).reshape(n, T, C * size**2, h, w)


@dataclass(frozen=True)
class Unblock(KeepsValues):
    """Make channels cells of blocks again, the inverse of `Blocks`."""

    size: int
    grid: tuple[int, int]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C = shape[:3]
        return (n, T, C // self.size**2, *self.grid)

    def __call__(self, batch: Array) -> Array:
        n, T, C, h, w = batch.shape
        size, (H, W) = self.size, self.grid
        cells = batch.reshape(n, T, C // size**2, size, size, h, w)
        maps = cells.transpose(0, 1, 2, 5, 3, 6, 4).reshape(n, T, -1, h * size, w * size)
        return np.ascontiguousarray(maps[..., :H, :W])


class FoldSpace(WindowTransformer):
    """Make blocks of cells the channels of a smaller map, without losing anything.

    A window (n, T, C, H, W) becomes (n, T, C * size^2, H / size, W / size). A convolution then
    sees ``size`` times as far, and a network of maps takes about ``size^2`` times less time and
    memory: what makes maps of 64 x 64 cells and more affordable.

    Parameters
    ----------
    size : int, default=2
        Rows and columns of a block.

    Attributes
    ----------
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Time steps in a window.

    See Also
    --------
    FoldTime : Makes time steps the cells of a map.

    Notes
    -----
    Where the size does not divide the rows or columns, the last ones are repeated beyond the
    border; `inverse_transform` leaves them out. Cells that are missing stay missing, each in the
    channel of its place in the block. Channels stand as those of ``torch.nn.PixelUnshuffle``.

    Windows of a table, whose frames have one cell, stay as they are, and so do targets:
    behind this transformer a ConvLSTM that rolls out forecasts the blocks and gives whole maps.

    References
    ----------
    Shi et al. (2016), Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network, arXiv:1609.05158, whose shuffle is the way back.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.windows import FoldSpace
    >>> X, y = make_windows(np.arange(3 * 36.0).reshape(3, 6, 6), lookback=2)
    >>> folded = FoldSpace(3).fit_transform(X)
    >>> folded.shape
    (1, 2, 9, 2, 2)
    >>> folded[0][0, :, 0, 0].reshape(3, 3)
    array([[ 0.,  1.,  2.],
           [ 6.,  7.,  8.],
           [12., 13., 14.]])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"size": Integers(1)}

    def __init__(self, size: int = 2) -> None:
        self.size = size

    def _fit(self, X: Windows) -> None:
        self._step: Blocks | Reshape = Reshape(X.shape[1:])
        if len(X.shape) == 5:
            self._step = Blocks(int(self.size))

    def _apply(self, X: Windows) -> Windows:
        return X.with_step(self._step)

    def inverse_transform(self, X: Any) -> Any:
        """Return windows with the channels of each block as cells again.

        Parameters
        ----------
        X : Windows or ndarray of shape (n, T, C * size^2, h, w)
            Folded windows.

        Returns
        -------
        Windows or ndarray of shape (n, T, C, H, W)
            The windows as they were.
        """
        windows = self._check_inverse_input(X)
        if isinstance(self._step, Blocks):
            H, W = self.window_shape_[-2:]
            windows = windows.with_step(Unblock(self._step.size, (H, W)))
        return restore_kind(windows.with_step(Reshape(self.window_shape_)), X)
