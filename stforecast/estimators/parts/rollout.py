"""The decoder that rolls maps out over the horizon."""

from __future__ import annotations

from typing import Any, ClassVar

from skorch.callbacks import Callback

from stforecast._constraints import Constraint, Integers, Numbers, Sizes
from stforecast._parameters import Rule
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.cells import CELL, make_cell
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.nn import Backbone, ConvLSTM, Head, RolloutHead
from stforecast.nn.recurrence import Residual
from stforecast.nn.space import UnfoldedHead

__all__ = ["RolloutDecoder"]


def _check_sampling(decoder: RolloutDecoder, path: str) -> None:
    if decoder.sampling_epochs is not None and not decoder.teacher_forcing:
        raise ParameterError(
            f"{path}sampling_epochs must be None without teacher forcing, which it lowers to zero, "
            f"got {decoder.sampling_epochs!r}. Set {path}teacher_forcing above 0, such as to 1.0."
        )


class RolloutDecoder(Decoder):
    """Maps, one after the other, by a second ConvLSTM that starts from the states of the first.

    The encoder-forecaster of the ConvLSTM's authors: maps in, maps out. It has no weight of a
    single cell, so what moves is forecast to move on, wherever it is.

    Parameters
    ----------
    kernel_size : int or tuple of int, default=3
        Height and width of the second ConvLSTM's kernels, in cells.
    teacher_forcing : float, default=0.0
        Probability, in [0, 1], with which a step in training reads the true frame before it
        instead of the forecast one.
    sampling_epochs : int, default=None
        Epochs over which `teacher_forcing` falls to zero (scheduled sampling); None keeps it.
    cell : str, cell part or callable, default="plain"
        Variant of the second ConvLSTM's cell, as in `ConvLSTMLayers`.

    Notes
    -----
    It stands behind a `ConvLSTMForecaster` that runs one way, and its targets are maps of the
    grid that the network sees: `make_windows` on maps gives both. A forecast read back as input
    carries its errors on; teaching makes early training easier, and sampling brings training back
    to what happens in `predict`. The forecaster's `dropout` and residual
    links are those of the second ConvLSTM too; residual links need two layers or more.

    References
    ----------
    Shi et al. (2015), Convolutional LSTM Network, arXiv:1506.04214.
    Bengio et al. (2015), Scheduled Sampling for Sequence Prediction, arXiv:1506.03099.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMForecaster, RolloutDecoder
    >>> ConvLSTMForecaster(decoder=RolloutDecoder(teacher_forcing=0.5))
    ConvLSTMForecaster(decoder=RolloutDecoder(teacher_forcing=0.5))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "kernel_size": Sizes((2,)),
        "teacher_forcing": Numbers(0, 1),
        "sampling_epochs": Integers(1) | None,
        "cell": CELL,
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_check_sampling,)

    def __init__(
        self,
        kernel_size: int | tuple[int, int] = 3,
        *,
        teacher_forcing: float = 0.0,
        sampling_epochs: int | None = None,
        cell: Any = "plain",
    ) -> None:
        self.kernel_size = kernel_size
        self.teacher_forcing = teacher_forcing
        self.sampling_epochs = sampling_epochs
        self.cell = cell

    def build(self, backbone: Backbone, grid: tuple[int, int], shapes: NetShapes) -> Head:
        """Return the head for a backbone.

        Parameters
        ----------
        backbone : Backbone
            A one-way ConvLSTM.
        grid : tuple of int
            Rows and columns of its output.
        shapes : NetShapes
            Shapes of one sample.

        Returns
        -------
        Head
            Called as ``head(output, state, parts)``.
        """
        size = _block_size(grid, shapes)
        _check_rollout(backbone, grid, shapes, size)
        head = RolloutHead(
            backbone.hidden_channels,
            shapes.target[0] * size**2,
            shapes.horizon,
            self.kernel_size,
            num_layers=len(backbone.layers),
            known_features=shapes.known[1],
            static_features=shapes.static,
            teacher_forcing=self.teacher_forcing,
            dropout=backbone.dropout.p,
            residual=isinstance(backbone.layers[0], Residual),
            cell=make_cell(self.cell, grid),
        )
        channels, *map_size = shapes.target
        # a rollout forecasts blocks of size x size cells as channels, which are laid out again
        return head if size == 1 else UnfoldedHead(head, size, tuple(map_size), channels)

    def callbacks(self) -> list[Callback]:
        """Return what changes the head between epochs.

        Returns
        -------
        list of skorch.callbacks.Callback
            One that lowers the teacher forcing, or none.
        """
        if self.sampling_epochs is None:
            return []
        return [ScheduledSampling(self.teacher_forcing, self.sampling_epochs)]


class ScheduledSampling(Callback):
    """Lower the head's teacher forcing in a straight line to zero.

    Parameters
    ----------
    start : float
        Probability in the first epoch.
    epochs : int
        Epochs until it is zero.
    """

    def __init__(self, start: float, epochs: int) -> None:
        self.start = start
        self.epochs = epochs

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        epoch = len(net.history) - 1  # the history has a row of the epoch that begins
        for head in net.module_.head.modules():  # others may stand around the rollout
            if isinstance(head, RolloutHead):
                head.teacher_forcing = self.start * max(0.0, 1 - epoch / self.epochs)


def is_rollout_possible(backbone: Backbone, grid: tuple[int, int], shapes: NetShapes) -> bool:
    """Return whether a rollout can go on from a backbone and give the targets.

    Parameters
    ----------
    backbone : Backbone
        Any.
    grid : tuple of int
        Rows and columns of its output.
    shapes : NetShapes
        Shapes of one sample.

    Returns
    -------
    bool
        Whether `RolloutDecoder` builds a head for them.
    """
    if not _is_unidirectional(backbone) or not _block_size(grid, shapes):
        return False
    # a rollout reads states, which a residual link around a single layer leaves as they are
    return len(backbone.layers) > 1 or not isinstance(backbone.layers[0], Residual)


def _is_unidirectional(backbone: Backbone) -> bool:
    return isinstance(backbone, ConvLSTM) and not backbone.reverse_channels


def _block_size(grid: tuple[int, int], shapes: NetShapes) -> int:
    """Return the rows of the blocks that `FoldSpace` made cells of, 1 of none; 0 of other maps."""
    (h, w), (H, W) = grid, shapes.target[1:]
    for size in range(1, max(H, W) + 1):
        # -(-H // size) rounds up: blocks at the edges may be incomplete
        folds = (-(-H // size), -(-W // size)) == (h, w) and shapes.frame[0] % size**2 == 0
        if folds:
            return size
    return 0


def _check_rollout(backbone: Backbone, grid: tuple[int, int], shapes: NetShapes, size: int) -> None:
    if not _is_unidirectional(backbone):
        raise ValueError(
            "A rollout goes on from the states of a ConvLSTM that runs one way, got "
            f"{type(backbone).__name__}. Use ConvLSTMForecaster without bidirectional layers, or "
            "decoder='dense'."
        )
    if not size:
        raise ShapeError(
            f"A rollout forecasts maps of the grid {tuple(grid)} that the network sees, but the "
            f"targets are {shapes.target[1:]}. Make both with make_windows from one series of "
            "maps, or use decoder='dense'."
        )
