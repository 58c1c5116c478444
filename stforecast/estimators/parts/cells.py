"""Variants of the ConvLSTM's cell, as searchable parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from torch import nn

from stforecast._constraints import (
    SHARE,
    Callables,
    Constraint,
    Flags,
    Integers,
    Letters,
    Options,
    Part,
    ShortNames,
)
from stforecast.estimators.parts.base import Cell
from stforecast.nn import GatewiseConv2d, NormGates, PeepholeGates, ZoneoutGates
from stforecast.nn.convlstm_cell import CellFactory, ConvLSTMCell, resolve_cell

__all__ = ["GatewiseCell", "NormCell", "PeepholeCell", "ZoneoutCell", "make_cell"]


class PeepholeCell(Cell):
    """Gates see the memory, as in the ConvLSTM as first published.

    Parameters
    ----------
    per_cell : bool, default=False
        Whether each cell of the grid has weights of its own, as published, or all share one a
        channel. Weights by cell tie the network to the grid.

    References
    ----------
    Shi et al. (2015), Convolutional LSTM Network, arXiv:1506.04214.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMLayers, PeepholeCell
    >>> ConvLSTMLayers(cell=PeepholeCell(per_cell=True))
    ConvLSTMLayers(cell=PeepholeCell(per_cell=True))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"per_cell": Flags()}

    def __init__(self, per_cell: bool = False) -> None:
        self.per_cell = per_cell

    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
        weight_grid = grid if self.per_cell else (1, 1)  # (1, 1) broadcasts over all cells
        return partial(ConvLSTMCell, gates=partial(PeepholeGates, grid=weight_grid))


class NormCell(Cell):
    """Gates with layer or group normalisation.

    Parameters
    ----------
    groups : int, default=1
        Groups of channels, each normalised by itself; 1 is layer normalisation. At least 2
        channels a group.

    References
    ----------
    Ba, Kiros, Hinton (2016), Layer Normalization, arXiv:1607.06450.
    Wu, He (2018), Group Normalization, arXiv:1803.08494.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMLayers, NormCell
    >>> ConvLSTMLayers(cell=NormCell(groups=4))
    ConvLSTMLayers(cell=NormCell(groups=4))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"groups": Integers(1)}

    def __init__(self, groups: int = 1) -> None:
        self.groups = groups

    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
        return partial(ConvLSTMCell, gates=partial(NormGates, groups=self.groups))


class ZoneoutCell(Cell):
    """Gates that now and then keep the old value: dropout for states.

    Parameters
    ----------
    hidden_rate : float, default=0.05
        Share of the output that keeps its value in training, in [0, 1).
    memory_rate : float, default=0.15
        Share of the memory that keeps its value in training, in [0, 1).

    References
    ----------
    Krueger et al. (2017), Zoneout, arXiv:1606.01305.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMLayers, ZoneoutCell
    >>> ConvLSTMLayers(cell=ZoneoutCell(memory_rate=0.3))
    ConvLSTMLayers(cell=ZoneoutCell(memory_rate=0.3))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"hidden_rate": SHARE, "memory_rate": SHARE}

    def __init__(self, hidden_rate: float = 0.05, memory_rate: float = 0.15) -> None:
        self.hidden_rate = hidden_rate
        self.memory_rate = memory_rate

    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
        gates = partial(
            ZoneoutGates,
            hidden_rate=self.hidden_rate,
            memory_rate=self.memory_rate,
        )
        return partial(ConvLSTMCell, gates=gates)


class GatewiseCell(Cell):
    """Convolutions inside chosen gates only; the others look at their own cell of the grid.

    Parameters
    ----------
    gates : str, default="i"
        Letters of the gates that convolve: input ``i``, forget ``f``, candidate ``g``, output
        ``o``. Each one left out saves nearly a quarter of the parameters.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMLayers, GatewiseCell
    >>> ConvLSTMLayers(cell=GatewiseCell("ig"))
    ConvLSTMLayers(cell=GatewiseCell(gates='ig'))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"gates": Letters("ifgo")}

    def __init__(self, gates: str = "i") -> None:
        self.gates = gates

    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
        return partial(ConvLSTMCell, conv=partial(GatewiseConv2d, gates=self.gates))


_PARTS = {
    "peephole": PeepholeCell,
    "norm": NormCell,
    "zoneout": ZoneoutCell,
    "gatewise": GatewiseCell,
}
CELL = (
    Options("plain", "separable", "gru", "rnn")
    | ShortNames(_PARTS)
    | Part(Cell)
    | Callables("a callable that makes cells", nn.Module)
)


def make_cell(
    cell: Any, grid: tuple[int, int], options: Mapping[str, Any] | None = None
) -> CellFactory:
    """Return what makes cells, given a name, a part or a callable.

    Parameters
    ----------
    cell : str, cell part or callable
        Name, part with ``build(grid)``, or callable ``cell(in_channels, hidden_channels,
        kernel_size)``.
    grid : tuple of int
        Rows and columns of the frames.
    options : mapping of str to object, default=None
        Further options of the cell.

    Returns
    -------
    callable
        Called with channels and kernel size.

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> from stforecast.estimators.parts.cells import make_cell
    >>> make_cell("separable", (6, 7))
    <class 'stforecast.nn.convlstm_cell.SeparableConvLSTMCell'>
    """
    factory = resolve_cell(cell.build(grid) if isinstance(cell, Cell) else cell)
    return partial(factory, **options) if options else factory
