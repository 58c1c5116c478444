"""The forecast that everything on a map moves on as it moved last."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from stforecast._constraints import Constraint, Integers
from stforecast.estimators._scaling import fit_blocks
from stforecast.estimators.baselines._motion import advect, match_blocks
from stforecast.estimators.baselines._target_rows import target_rows
from stforecast.estimators.baselines._window_baseline import WindowBaseline
from stforecast.exceptions import ShapeError
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows

__all__ = ["Advection"]


class Advection(WindowBaseline):
    """Forecast that everything on a map moves on as it moved last, and does not change.

    It is what nowcasts of rain are compared with, and what most of them are made of.

    Parameters
    ----------
    blocks : int, default=1
        Blocks along each side of the map that have a motion of their own, straight lines between
        their middles; 1 moves the whole map by one vector.
    frames : int, default=2
        Maps that the motion is found from, the last ones of a window; more of them smooth it.
    max_shift : int, default=5
        Cells that anything moves in a row at most.

    Attributes
    ----------
    grid_ : tuple of int
        Rows and columns of a map.
    scale_ : ndarray of shape (C,)
        Standard deviation of each channel, by which they are weighed where maps are compared.
    leads_ : Leads
        The rows forecast.
    rows_ : TargetRows
        How the target is read from the windows.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.

    Raises
    ------
    ShapeError
        In `fit`, if the windows do not hold the target, or are shorter than `frames`.

    See Also
    --------
    Persistence : Nothing moves.
    StencilForecaster : Learns from training maps what moves and spreads.

    Notes
    -----
    The motion of a window is the shift of up to `max_shift` cells, and at most half the map, under
    which its maps are most alike by squared difference where they overlap (block matching), between
    cells by the paraboloid through the errors around it. Nothing is learned from other windows but
    the weights of the channels. Each cell of the forecast is traced back along the motion step by
    step and takes the value that it came from (semi-Lagrangian), by straight lines between cells;
    beyond the border stands its last cell.

    It costs ``(2 s + 1)^2 (frames - 1) C H W`` subtractions a window, with s the `max_shift`.

    In masked windows, cells without a value move nothing and take nothing: NaN stays where a cell
    never had a value.

    References
    ----------
    Germann, Zawadzki (2002), Scale-Dependence of the Predictability of Precipitation from
    Continental Radar Images, https://doi.org/10.1175/1520-0493(2002)130<2859:SDOTPO>2.0.CO;2.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import Advection
    >>> start = np.random.default_rng(0).random((12, 12))
    >>> maps = np.stack([np.roll(start, 2 * t, axis=1) for t in range(20)])  # two cells east a row
    >>> X, y = make_windows(maps, lookback=2)
    >>> error = np.abs(Advection().fit(X, y).predict(X) - y).reshape(-1, 12, 12)
    >>> bool(error[:, :, 2:].max() < 0.05)
    True
    """

    learns = False
    _constraints: ClassVar[dict[str, Constraint]] = {
        "blocks": Integers(1),
        "frames": Integers(2),
        "max_shift": Integers(1),
    }

    def __init__(self, blocks: int = 1, *, frames: int = 2, max_shift: int = 5) -> None:
        self.blocks = blocks
        self.frames = frames
        self.max_shift = max_shift

    def _learn(self, X: Windows, y: Any) -> None:
        T, *frame = X.undo_steps().shape[1:]
        self.grid_ = (frame[1], frame[2]) if len(frame) == 3 else (1, 1)
        if self.frames > T and self.grid_ != (1, 1):
            raise ShapeError(
                f"Advection(frames={self.frames}) finds the motion from as many maps, but the "
                f"windows have {T}. Make windows with lookback={self.frames} or more."
            )
        self.rows_ = target_rows("Advection", X, self.leads_)
        last = (values[:, -1] for _, values in self.rows_.batches(X))
        self.scale_ = fit_blocks(last, 1, masked=X.masked).divisor

    def _forecasts(self, X: Windows) -> np.ndarray:
        forecasts = np.empty((len(X), len(self.leads_.steps), *self.leads_.frame))
        for rows, values in self.rows_.batches(X):
            maps = self._maps(values)
            if self.grid_ == (1, 1):
                forecasts[rows] = values[:, -1:]
                continue
            maps_ahead = [
                advect(last, motion, self.leads_.steps)
                for last, motion in zip(maps[:, -1], self._motion(maps), strict=True)
            ]
            forecasts[rows] = np.reshape(maps_ahead, forecasts[rows].shape)
            if X.masked:
                _restore(forecasts[rows], values[:, -1:])
        return forecasts

    def estimate_motion(self, X: Any) -> np.ndarray:
        """Return the motion that windows show.

        Parameters
        ----------
        X : Windows
            Windows of maps, as in `fit`.

        Returns
        -------
        ndarray of shape (n, 2, blocks, blocks)
            Cells down and across that each block moves in a row.
        """
        check_is_fitted(self)
        X = as_windows(check_windows(self, X, reset=False))
        motion = np.empty((len(X), 2, *(min(self.blocks, size) for size in self.grid_)))
        for rows, values in self.rows_.batches(X):
            motion[rows] = self._motion(self._maps(values))
        return motion

    def _maps(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(*values.shape[:3], *self.grid_)

    def _motion(self, maps: np.ndarray) -> np.ndarray:
        scaled = maps[:, -self.frames :] / self.scale_[:, None, None]
        return match_blocks(scaled, self.max_shift, self.blocks)


def _restore(forecasts: np.ndarray, last: np.ndarray) -> None:
    """Keep the last value where nothing came, and NaN where a cell never had a value."""
    np.copyto(forecasts, last, where=np.isnan(forecasts))
    np.copyto(forecasts, np.nan, where=np.isnan(last))
