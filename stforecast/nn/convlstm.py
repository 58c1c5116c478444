"""The ConvLSTM layer: stacked cells over a window of frames."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Flags, Integers, Sizes
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Backbone, check_frames
from stforecast.nn.convlstm_cell import CELL, CellFactory, resolve_cell
from stforecast.nn.gates import State
from stforecast.nn.recurrence import Bidirectional, Residual, Unidirectional
from stforecast.nn.same_conv import Size

__all__ = ["ConvLSTM"]


class ConvLSTM(Backbone):
    """Convolutional LSTM over windows of frames: ``nn.LSTM`` for maps.

    Its states keep the grid, so that it learns what moves and spreads from cell to cell; a pattern
    learned in one place is known in all. Maps of any height and width pass through the same layer.
    It is not a CNN-LSTM, which flattens each frame before the recurrence and forgets where things
    were.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    hidden_channels : int
        Channels F of the state of every layer.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; ``(1, k)`` for frames of one row.
    num_layers : int, default=1
        Layers on top of each other; each reads the output of the one below.
    dropout : float, default=0.0
        Share of every layer's output that is dropped in training, the last layer's included (so it
        also works with one layer, where ``nn.LSTM``'s does nothing). States are never dropped; for
        these see ``cell="zoneout"``.
    bidirectional : bool, default=False
        Whether a second cell in each layer reads the window backwards; the output has 2 F
        channels.
    residual : bool, default=False
        Whether each layer adds its input to its output, through a 1x1 convolution where channels
        differ.
    return_sequences : bool, default=True
        Whether the output holds every frame or only what is known at the end of the window.
    cell : str or callable, default="plain"
        ``"plain"``, ``"peephole"``, ``"separable"``, ``"norm"``, ``"zoneout"``, ``"gatewise"``,
        ``"gru"`` (a ConvGRU), ``"rnn"``, or a callable ``cell(in_channels, hidden_channels,
        kernel_size)``. All cell options go this way:
        ``partial(ConvLSTMCell, dilation=2, activation="relu")``.

    Attributes
    ----------
    out_channels : int
        Channels of the output: F, or 2 F if bidirectional.
    reverse_channels : int
        How many of the last of these run backwards: 0, or F if bidirectional.
    layers : torch.nn.ModuleList
        The layers, from input to output.

    Raises
    ------
    ValueError
        If no layer is given, the cell is unknown, or ``dropout`` is not in [0, 1).
    ShapeError
        In ``forward``, if frames or states do not have the shapes the layer was built for.

    Notes
    -----
    Gates are in the order i, f, g, o; equations and starting weights are those of the cell. On a
    grid of one cell with a 1x1 kernel it is ``nn.LSTM``.

    Without ``return_sequences`` the output is the last frame's; of channels that run backwards it
    is the first frame's, where they have seen the window whole.

    A layer costs 8 F (C + F) kH kW H W operations a frame, and keeps about 6 F H W numbers a
    frame for training. On a CPU all steps are one call of a compiled kernel where there is one
    (:func:`stforecast.nn.show_backends`); see :func:`stforecast.nn.recurrence.run_cell`.

    References
    ----------
    .. [1] Shi et al. (2015), Convolutional LSTM Network: A Machine Learning Approach for
       Precipitation Nowcasting, arXiv:1506.04214.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTM
    >>> layer = ConvLSTM(3, 8, num_layers=2)
    >>> output, (h, c) = layer(torch.zeros(4, 10, 3, 6, 7))
    >>> output.shape, h.shape
    (torch.Size([4, 10, 8, 6, 7]), torch.Size([2, 4, 8, 6, 7]))

    The state carries on where the last window ended:

    >>> output, state = layer(torch.zeros(4, 5, 3, 6, 7), (h, c))
    """

    @check_arguments(
        in_channels=Integers(1),
        hidden_channels=Integers(1),
        kernel_size=Sizes((2,)),
        num_layers=Integers(1),
        dropout=SHARE,
        bidirectional=Flags(),
        residual=Flags(),
        return_sequences=Flags(),
        cell=CELL,
    )
    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        kernel_size: Size = 3,
        *,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        residual: bool = False,
        return_sequences: bool = True,
        cell: str | CellFactory = "plain",
    ) -> None:
        super().__init__()
        make = cell if callable(cell) else resolve_cell(cell)

        def build(channels: int) -> nn.Module:
            cells = [make(channels, hidden_channels, kernel_size) for _ in range(1 + bidirectional)]
            layer = Bidirectional(*cells) if bidirectional else Unidirectional(*cells)
            return Residual(layer, channels) if residual else layer

        self.in_channels = in_channels
        self.hidden_channels = hidden_channels
        self.return_sequences = return_sequences
        self.out_channels = hidden_channels * (1 + bidirectional)
        self.reverse_channels = hidden_channels * bidirectional
        inputs = [in_channels] + [self.out_channels] * (num_layers - 1)
        self.layers = nn.ModuleList(build(channels) for channels in inputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over a window.

        Parameters
        ----------
        x : torch.Tensor
            Frames [B, T, C, H, W].
        state : tuple of torch.Tensor, default=None
            ``(h, c)`` to start from, each [L, B, F, H, W]; zeros by default. L counts layers, from
            the bottom, and in a bidirectional layer ahead and back.

        Returns
        -------
        output : torch.Tensor
            [B, T, out_channels, H, W], or [B, 1, out_channels, H, W] without ``return_sequences``.
        state : tuple of torch.Tensor
            ``(h, c)`` after the last frame, each [L, B, F, H, W].
        """
        check_frames(x, self.in_channels, "ConvLSTM")
        states = []
        for layer, start in zip(self.layers, self._split(x, state), strict=True):
            x, after = layer(x, start)
            x = self.dropout(x)
            states.append(after)
        # each [L, B, F, H, W] with L layers times directions, layer by layer
        h, c = (torch.cat(parts) for parts in zip(*states, strict=True))
        return (x if self.return_sequences else self._last_outputs(x)), (h, c)

    def _split(self, x: Tensor, state: State | None) -> list[State | None]:
        count = len(self.layers)
        if state is None:
            return [None] * count
        B, _, _, H, W = x.shape
        directions = self.out_channels // self.hidden_channels
        h, c = state
        _check_state(h, c, (directions * count, B, self.hidden_channels, H, W))
        # each layer's share is [directions, B, F, H, W]
        return list(zip(h.chunk(count), c.chunk(count), strict=True))

    def _last_outputs(self, output: Tensor) -> Tensor:
        F = self.hidden_channels
        # channels that run backwards have read the whole window at its first frame
        return torch.cat([output[:, -1:, :F], output[:, :1, F:]], dim=2)


def _check_state(h: Tensor, c: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(h.shape) != shape or tuple(c.shape) != shape:
        raise ShapeError(
            f"The state must be (h, c), each [L, B, F, H, W] = {list(shape)}, but got "
            f"{list(h.shape)} and {list(c.shape)}. Pass the state that this layer returned for "
            "windows of this number and grid."
        )
