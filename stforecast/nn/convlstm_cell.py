"""One step of a convolutional LSTM, and the named variants of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from stforecast._constraints import Callables, Integers, Options, Sizes
from stforecast._parameters import check_arguments
from stforecast.nn.base import ACTIVATION, axis_sizes
from stforecast.nn.convgru_cell import ConvGRUCell, ConvRNNCell
from stforecast.nn.gates import LSTMGates, NormGates, PeepholeGates, State, ZoneoutGates
from stforecast.nn.gatewise_conv import GatewiseConv2d
from stforecast.nn.kernels.inputs import zeros
from stforecast.nn.same_conv import SameConv2d, Size

__all__ = ["CELLS", "ConvLSTMCell", "SeparableConvLSTMCell", "resolve_cell"]


class ConvLSTMCell(nn.Module):
    """LSTM cell whose states are maps and whose weights are convolutions.

    It has three parts: a convolution on the input, a convolution on the state, and the gate
    equations. Variants exchange a part. It is one *step*; for windows use :class:`ConvLSTM`.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    hidden_channels : int
        Channels F of the state.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells. Odd or even; ``(1, k)`` for a single row. A
        larger kernel on the state follows faster motion.
    state_kernel_size : int or tuple of int, default=None
        Kernel of the convolution on the state; None for the same as ``kernel_size``.
    dilation : int or tuple of int, default=1
        Distance between the cells that the kernels look at.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the candidate and of the output.
    gates : callable, default=LSTMGates
        Gate equations, called as ``gates(hidden_channels, activation)``: :class:`LSTMGates`,
        :class:`PeepholeGates`, :class:`NormGates`, :class:`ZoneoutGates`, or your own.
    conv : callable, default=SameConv2d
        Both convolutions, called as ``conv(in_channels, 4 * hidden_channels, kernel_size,
        dilation=dilation, bias=...)``: :class:`SameConv2d`, :class:`GatewiseConv2d`, or your own.

    Attributes
    ----------
    input_conv, state_conv : torch.nn.Module
        The convolutions; only the one on the input has a bias.
    gates : torch.nn.Module
        The gate equations.

    Raises
    ------
    ValueError
        If a size is below one or ``activation`` is unknown.

    Notes
    -----
    With ``*`` the convolution that keeps the grid, and the gates' inputs in the order i, f, g, o::

        z = W_x * x + b + W_h * h
        h', c' = gates(z, (h, c))

    The input's kernel starts at Glorot's uniform, the state's orthogonal, so that a state neither
    fades nor explodes over many steps, the bias at zero but for the forget gate, which starts at 1
    and so remembers. These are the starts of Keras's layer. ``nn.LSTM`` draws everything uniformly
    with a scale that looks at hidden channels alone; the kernel's cells would make that too large.

    A step costs 8 F (C + F) kH kW H W multiplications and additions for every window.

    References
    ----------
    .. [1] Shi et al. (2015), Convolutional LSTM Network: A Machine Learning Approach for
       Precipitation Nowcasting, arXiv:1506.04214.
    .. [2] Jozefowicz, Zaremba, Sutskever (2015), An Empirical Exploration of Recurrent Network
       Architectures (on the forget gate's bias).

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTMCell
    >>> cell = ConvLSTMCell(3, 8, kernel_size=(3, 2))
    >>> h, c = cell(torch.zeros(4, 3, 6, 7))
    >>> h, c = cell(torch.zeros(4, 3, 6, 7), (h, c))
    >>> h.shape
    torch.Size([4, 8, 6, 7])
    """

    @check_arguments(
        in_channels=Integers(1),
        hidden_channels=Integers(1),
        kernel_size=Sizes((2,)),
        state_kernel_size=Sizes((2,)) | None,
        dilation=Sizes((2,)),
        activation=ACTIVATION,
        gates=Callables("a callable that makes gates", nn.Module),
        conv=Callables("a callable that makes a convolution", nn.Module),
    )
    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        kernel_size: Size = 3,
        *,
        state_kernel_size: Size | None = None,
        dilation: Size = 1,
        activation: str = "tanh",
        gates: Callable[[int, str], nn.Module] = LSTMGates,
        conv: Callable[..., nn.Module] = SameConv2d,
    ) -> None:
        super().__init__()
        state_kernel_size = kernel_size if state_kernel_size is None else state_kernel_size
        make = partial(conv, dilation=dilation)
        self.in_channels = in_channels
        self.hidden_channels = hidden_channels
        self.input_conv = make(in_channels, 4 * hidden_channels, kernel_size, bias=True)
        self.state_conv = make(hidden_channels, 4 * hidden_channels, state_kernel_size, bias=False)
        self.gates = gates(hidden_channels, activation)
        self._initialize()

    @torch.no_grad()
    def _initialize(self) -> None:
        # one kernel, or one of the gates that convolve and one of those that do not
        for weight in self.state_conv.parameters():
            nn.init.orthogonal_(weight)
        bias = dict(self.input_conv.named_parameters())["bias"]
        # of i, f, g, o the forget gate is the second; open at first, it lets the memory last
        bias[self.hidden_channels : 2 * self.hidden_channels] = 1.0

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """Take one step.

        Parameters
        ----------
        x : torch.Tensor
            Frames [B, C, H, W].
        state : tuple of torch.Tensor, default=None
            ``(h, c)``, each [B, F, H, W]; zeros by default.

        Returns
        -------
        tuple of torch.Tensor
            The next ``(h, c)``.
        """
        return self.step(
            self.project(x), zeros(x, self.hidden_channels) if state is None else state
        )

    def project(self, x: Tensor) -> Tensor:
        """Return what frames add to the gates; frames of all steps can go in at once.

        Parameters
        ----------
        x : torch.Tensor
            Frames [N, C, H, W] of any steps.

        Returns
        -------
        torch.Tensor
            [N, 4 F, H, W].
        """
        gates: Tensor = self.input_conv(x)
        return gates

    def step(self, projected: Tensor, state: State) -> State:
        """Return the next state.

        Parameters
        ----------
        projected : torch.Tensor
            What `project` made of the frames of this step, [B, 4 F, H, W].
        state : tuple of torch.Tensor
            ``(h, c)`` before the step, each [B, F, H, W].

        Returns
        -------
        tuple of torch.Tensor
            ``(h, c)`` after the step.
        """
        following: State = self.gates(projected + self.state_conv(state[0]), state)
        return following


class SeparableConvLSTMCell(ConvLSTMCell):
    """ConvLSTM cell with one direction a kernel: along rows on the input, columns on the state.

    A 1xk kernel on the input and a kx1 kernel on the state need a k-th of the parameters and of
    the time of two kxk kernels. Over several steps or layers it still sees both directions.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    hidden_channels : int
        Channels F of the state.
    kernel_size : int or tuple of int, default=3
        ``(kH, kW)``: the input's kernel is 1 x kW, the state's kH x 1.
    dilation : int or tuple of int, default=1
        Distance between the cells that the kernels look at.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the candidate and of the output.
    gates : callable, default=LSTMGates
        Gate equations, as in :class:`ConvLSTMCell`.

    Notes
    -----
    It is a :class:`ConvLSTMCell` whose full kernels are zero but for the middle row (input) and
    the middle column (state). On a single row the state's kernel has only its middle to learn.

    Examples
    --------
    >>> from stforecast.nn import SeparableConvLSTMCell
    >>> cell = SeparableConvLSTMCell(3, 8, 5)
    >>> cell.input_conv.weight.shape, cell.state_conv.weight.shape
    (torch.Size([32, 3, 1, 5]), torch.Size([32, 8, 5, 1]))
    """

    @check_arguments(
        in_channels=Integers(1),
        hidden_channels=Integers(1),
        kernel_size=Sizes((2,)),
        dilation=Sizes((2,)),
        activation=ACTIVATION,
        gates=Callables("a callable that makes gates", nn.Module),
    )
    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        kernel_size: Size = 3,
        *,
        dilation: Size = 1,
        activation: str = "tanh",
        gates: Callable[[int, str], nn.Module] = LSTMGates,
    ) -> None:
        height, width = axis_sizes(kernel_size, 2)
        super().__init__(
            in_channels,
            hidden_channels,
            (1, width),
            state_kernel_size=(height, 1),
            dilation=dilation,
            activation=activation,
            gates=gates,
        )


CellFactory = Callable[[int, int, Size], Any]

CELLS: dict[str, CellFactory] = {
    "plain": ConvLSTMCell,
    "peephole": partial(ConvLSTMCell, gates=PeepholeGates),
    "separable": SeparableConvLSTMCell,
    "norm": partial(ConvLSTMCell, gates=NormGates),
    "zoneout": partial(ConvLSTMCell, gates=ZoneoutGates),
    "gatewise": partial(ConvLSTMCell, conv=GatewiseConv2d),
    "gru": ConvGRUCell,
    "rnn": ConvRNNCell,
}
CELL = Options(*CELLS) | Callables("a callable that makes cells", nn.Module)


def resolve_cell(cell: str | CellFactory) -> CellFactory:
    """Turn a short name into what makes cells; a callable is returned as it is.

    Parameters
    ----------
    cell : str or callable
        Name, or a callable ``cell(in_channels, hidden_channels, kernel_size)``.

    Returns
    -------
    callable
        What makes a cell.

    Raises
    ------
    ValueError
        If no cell has that name.

    Examples
    --------
    >>> from stforecast.nn.convlstm_cell import resolve_cell
    >>> resolve_cell("separable")
    <class 'stforecast.nn.convlstm_cell.SeparableConvLSTMCell'>
    """
    if isinstance(cell, str) and cell in CELLS:
        return CELLS[cell]
    if isinstance(cell, str) or not callable(cell):
        raise CELL.error("cell", cell)
    return cell
