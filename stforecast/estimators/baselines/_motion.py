"""How maps move from one to the next, and where they go on that way."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

# What counts as no difference between the errors of shifts, beside the largest of them.
FLAT = 1e-9


def list_shifts(rows: int, columns: int) -> np.ndarray:
    """Return all shifts of up to `rows` and `columns` cells, (S, 2), the shortest first."""
    down, across = np.mgrid[-rows : rows + 1, -columns : columns + 1]
    shifts = np.stack([down.ravel(), across.ravel()], axis=1)
    return shifts[np.argsort((shifts**2).sum(axis=1), kind="stable")]


def match_blocks(maps: np.ndarray, most: int, blocks: int) -> np.ndarray:
    """Return the motion of each block of maps (b, T, C, H, W) in cells a step, (b, 2, K, K).

    It is the shift under which each map is most like the one before it, between cells by the
    paraboloid through the errors around it. A block in which no shift differs from another moves as
    the whole map does.
    """
    H, W = maps.shape[-2:]
    rows, columns = (min(most, (size - 1) // 2) for size in (H, W))
    shifts = list_shifts(rows, columns)
    sums = np.stack([_differences(maps, *shift, blocks) for shift in shifts], axis=1)
    by_block = _best_shifts(sums, shifts)
    whole = _best_shifts(sums.sum(axis=(3, 4), keepdims=True), shifts)
    errors = sums[:, :, 0] / np.maximum(sums[:, :, 1], 1)
    flat = np.ptp(errors, axis=1) <= FLAT * errors.max(axis=1)
    return np.where(flat[:, None], whole, by_block)


def _differences(maps: np.ndarray, down: int, across: int, blocks: int) -> np.ndarray:
    """Return sums of squared differences under a shift and their counts by block, (b, 2, K, K)."""
    b, _, _, H, W = maps.shape
    here = slice(max(0, down), H + min(0, down)), slice(max(0, across), W + min(0, across))
    there = slice(max(0, -down), H + min(0, -down)), slice(max(0, -across), W + min(0, -across))
    change = maps[:, 1:, :, *here] - maps[:, :-1, :, *there]
    known = np.isfinite(change)
    cells = np.zeros((b, 2, H, W))
    cells[:, 0, *here] = np.square(np.where(known, change, 0.0)).sum(axis=(1, 2))
    cells[:, 1, *here] = known.sum(axis=(1, 2))
    down_edges, across_edges = (_edges(size, blocks) for size in (H, W))
    by_rows = np.add.reduceat(cells, down_edges, axis=2)
    return np.asarray(np.add.reduceat(by_rows, across_edges, axis=3))


def _edges(size: int, blocks: int) -> np.ndarray:
    return np.unique(np.linspace(0, size, min(blocks, size) + 1).astype(int)[:-1])


def _best_shifts(sums: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return the shift of the least mean error of each block, (b, 2, K, K), between cells."""
    counts = sums[:, :, 1]
    errors = np.where(counts > 0, sums[:, :, 0] / np.maximum(counts, 1), np.inf)
    best = errors.argmin(axis=1)
    around = np.stack(
        [_neighbour_errors(errors, shifts, best, *place) for place in np.ndindex(3, 3)]
    )
    return np.moveaxis(shifts[best] + _vertex(around), -1, 1)


def _neighbour_errors(
    errors: np.ndarray, shifts: np.ndarray, best: np.ndarray, row: int, column: int
) -> np.ndarray:
    """Return the errors (b, K, K) one place of a square around the best shift, NaN if untried."""
    place = {tuple(shift): i for i, shift in enumerate(shifts.tolist())}
    moved = np.add(shifts, (row - 1, column - 1)).tolist()
    at = np.array([place.get(tuple(shift), -1) for shift in moved])[best]
    neighbours = np.take_along_axis(errors, at[:, None], axis=1)[:, 0]
    return np.where((at >= 0) & np.isfinite(neighbours), neighbours, np.nan)


def _vertex(around: np.ndarray) -> np.ndarray:
    """Return where the paraboloid through 3 x 3 errors has its bottom, (b, K, K, 2).

    It is the middle where the errors have no bottom there.
    """
    e = around.reshape(3, 3, *around.shape[1:])
    slope = (e[2, 1] - e[0, 1]) / 2, (e[1, 2] - e[1, 0]) / 2
    bend = e[2, 1] - 2 * e[1, 1] + e[0, 1], e[1, 2] - 2 * e[1, 1] + e[1, 0]
    twist = (e[2, 2] - e[2, 0] - e[0, 2] + e[0, 0]) / 4
    spread = bend[0] * bend[1] - twist**2
    deep = (bend[0] > 0) & (spread > 0)  # False where a shift beside was not tried
    down = twist * slope[1] - bend[1] * slope[0]
    across = twist * slope[0] - bend[0] * slope[1]
    bottom = np.stack([down, across], axis=-1) / np.where(deep, spread, 1.0)[..., None]
    return np.where(deep[..., None], bottom, 0.0).clip(-0.5, 0.5)


def advect(last: np.ndarray, motion: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Return maps (C, H, W) moved on for some numbers of steps, (steps, C, H, W).

    Each cell is traced back along the motion (2, K, K), step by step, and takes the value it came
    from; beyond the border stands its last cell. A missing value spreads to no other.
    """
    H, W = last.shape[1:]
    field = _field(motion, H, W)
    cells = np.mgrid[0:H, 0:W].astype(np.float64)
    known = np.isfinite(last)
    values, places = np.where(known, last, 0.0), cells
    moved = []
    for step in range(1, max(steps) + 1):
        speed = np.stack([_sample(part, places) for part in field])
        places = places - speed
        if step in steps:
            moved.append(
                [_interpolate_present(*pair, places) for pair in zip(values, known, strict=True)]
            )
    return np.array(moved)


def _field(motion: np.ndarray, H: int, W: int) -> np.ndarray:
    """Return the motion at every cell, (2, H, W): straight lines between the middles of blocks."""
    middles = []
    for size, blocks in zip((H, W), motion.shape[1:], strict=True):
        edges = np.append(_edges(size, blocks), size)
        middle = (edges[:-1] + edges[1:] - 1) / 2
        middles.append(np.interp(np.arange(size), middle, np.arange(blocks)))
    places = np.stack(np.meshgrid(*middles, indexing="ij"))
    return np.stack([_sample(part, places) for part in motion])


def _sample(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.asarray(ndimage.map_coordinates(values, places, order=1, mode="nearest"))


def _interpolate_present(values: np.ndarray, known: np.ndarray, places: np.ndarray) -> np.ndarray:
    if known.all():
        return _sample(values, places)
    weight = _sample(known.astype(np.float64), places)
    return np.where(weight > 0, _sample(values, places) / np.where(weight > 0, weight, 1), np.nan)
