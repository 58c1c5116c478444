"""Cells of a ConvLSTM by name, for a grid that is known."""

from __future__ import annotations

from functools import partial
from typing import Any

from stforecast.nn import PeepholeGates
from stforecast.nn.convlstm_cell import CELLS, ConvLSTMCell


def make_cell(cell: Any, grid: tuple[int, int], **options: Any) -> Any:
    """Return what makes cells: a name's or a callable, with the options that were chosen."""
    if cell == "peephole_grid":
        cell = partial(ConvLSTMCell, gates=partial(PeepholeGates, grid=grid))
    elif not callable(cell):
        if cell not in CELLS:
            names = ", ".join(map(repr, [*CELLS, "peephole_grid"]))
            raise ValueError(f"cell must be one of {names} or a callable, got {cell!r}.")
        cell = CELLS[cell]
    return partial(cell, **options) if options else cell
