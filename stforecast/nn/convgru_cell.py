"""One step of a convolutional GRU, and of a plain convolutional recurrent network."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from stforecast._constraints import Integers, Sizes
from stforecast._parameters import check_arguments
from stforecast.nn.base import ACTIVATION, make_activation
from stforecast.nn.gates import State
from stforecast.nn.kernels.inputs import zeros
from stforecast.nn.same_conv import SameConv2d, Size

__all__ = ["ConvGRUCell", "ConvRNNCell"]


class _StateCell(nn.Module):
    """Cell whose state is one map, given and returned twice, as the pair that layers hand on.

    A subclass says how many sums of F channels its step needs, whether the convolution on the state
    has a bias too, and which of the sums, if any, is an update gate: its bias starts at 1, so that
    the state lasts.
    """

    _sums: int
    _state_bias: bool
    _update: int | None = None

    @check_arguments(
        in_channels=Integers(1),
        hidden_channels=Integers(1),
        kernel_size=Sizes((2,)),
        state_kernel_size=Sizes((2,)) | None,
        dilation=Sizes((2,)),
        activation=ACTIVATION,
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
    ) -> None:
        super().__init__()
        F = hidden_channels
        state_size = kernel_size if state_kernel_size is None else state_kernel_size
        sums = self._sums * F
        self.in_channels = in_channels
        self.hidden_channels = F
        self.input_conv = SameConv2d(in_channels, sums, kernel_size, dilation=dilation)
        self.state_conv = SameConv2d(F, sums, state_size, dilation=dilation, bias=self._state_bias)
        self.activation = make_activation(activation)
        nn.init.orthogonal_(self.state_conv.weight.detach())
        if self._update is not None:
            # the update gate keeps the state, so a bias of 1 lets it last at first
            biases = self.input_conv.get_parameter("bias").detach()
            nn.init.ones_(biases[self._update * F : (self._update + 1) * F])

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """Take one step.

        Parameters
        ----------
        x : torch.Tensor
            Frames [B, C, H, W].
        state : tuple of torch.Tensor, default=None
            ``(h, h)``, each [B, F, H, W], of which the first is read; zeros by default.

        Returns
        -------
        tuple of torch.Tensor
            The next ``(h, h)``.
        """
        return self.step(
            self.project(x), zeros(x, self.hidden_channels) if state is None else state
        )

    def project(self, x: Tensor) -> Tensor:
        """Return what frames add to the sums of the next state.

        Parameters
        ----------
        x : torch.Tensor
            Frames [N, C, H, W] of any steps.

        Returns
        -------
        torch.Tensor
            [N, 3 F, H, W], or [N, F, H, W] without gates.
        """
        sums: Tensor = self.input_conv(x)
        return sums

    @abstractmethod
    def step(self, projected: Tensor, state: State) -> State:
        """Return the next state.

        Parameters
        ----------
        projected : torch.Tensor
            What `project` made of the frames of this step, [B, 3 F or F, H, W].
        state : tuple of torch.Tensor
            ``(h, h)`` before the step, each [B, F, H, W].

        Returns
        -------
        tuple of torch.Tensor
            ``(h, h)`` after the step.
        """


class ConvGRUCell(_StateCell):
    """Gated recurrent unit whose state is a map and whose weights are convolutions.

    It has three gates' worth of weights where a :class:`ConvLSTMCell` has four, and one map of
    state where that has two. It is one *step*; for windows use ``ConvLSTM(cell="gru")``.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    hidden_channels : int
        Channels F of the state.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells.
    state_kernel_size : int or tuple of int, default=None
        Kernel of the convolution on the state; None for the same as ``kernel_size``.
    dilation : int or tuple of int, default=1
        Distance between the cells that the kernels look at.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the candidate.

    Attributes
    ----------
    input_conv, state_conv : SameConv2d
        The convolutions, each with a bias.

    Raises
    ------
    ValueError
        If a size is below one or ``activation`` is unknown.

    Notes
    -----
    With ``*`` the convolution that keeps the grid, the sigmoid ``s``, the activation ``a``, and
    the parts of the weights in the order r (reset), z (update), n (candidate)::

        r, z = s(W_x * x + b_x + W_h * h + b_h)
        n = a(W_xn * x + b_xn + r (W_hn * h + b_hn))
        h' = (1 - z) n + z h

    The reset gate weighs the state after its convolution, as in torch, cuDNN and Shi et al. (2017);
    Cho et al. (2014) weigh the state before it. On one cell it is ``nn.GRU``.

    Weights start as those of :class:`ConvLSTMCell`; the bias of the update gate starts at 1, so
    that the state lasts before anything is learned.

    The state is given and returned as a pair, as every cell's is: ``(h, h)``. A step costs
    6 F (C + F) kH kW H W multiplications and additions for every window.

    References
    ----------
    .. [1] Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder,
       arXiv:1406.1078.
    .. [2] Ballas, Yao, Pal, Courville (2016), Delving Deeper into Convolutional Networks for
       Learning Video Representations, arXiv:1511.06432.
    .. [3] Shi et al. (2017), Deep Learning for Precipitation Nowcasting: A Benchmark and A New
       Model, arXiv:1706.03458.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.convgru_cell import ConvGRUCell
    >>> h, _ = ConvGRUCell(3, 8, kernel_size=5)(torch.zeros(4, 3, 6, 7))
    >>> h.shape
    torch.Size([4, 8, 6, 7])
    """

    _sums, _state_bias, _update = 3, True, 1

    def step(self, projected: Tensor, state: State) -> State:
        """Return the next state.

        Parameters
        ----------
        projected : torch.Tensor
            What `project` made of the frames of this step, [B, 3 F, H, W].
        state : tuple of torch.Tensor
            ``(h, h)`` before the step, each [B, F, H, W].

        Returns
        -------
        tuple of torch.Tensor
            ``(h, h)`` after the step.
        """
        F = self.hidden_channels
        from_state = self.state_conv(state[0])  # [B, 3 F, H, W], in the order r, z, candidate
        r, z = (projected[:, : 2 * F] + from_state[:, : 2 * F]).sigmoid().chunk(2, dim=1)
        # resetting after the convolution, as torch's GRU does, needs one convolution, not two
        candidate = self.activation(projected[:, 2 * F :] + r * from_state[:, 2 * F :])
        h = torch.lerp(candidate, state[0], z)  # z is the share of the old state
        return h, h


class ConvRNNCell(_StateCell):
    """Plain recurrent cell whose state is a map and whose weights are convolutions.

    The next state is the activation of one sum: no gate protects what is remembered, so that
    slopes fade over many steps. It is what gated cells are compared with.

    Parameters
    ----------
    in_channels : int
        Channels C of a frame.
    hidden_channels : int
        Channels F of the state.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells.
    state_kernel_size : int or tuple of int, default=None
        Kernel of the convolution on the state; None for the same as ``kernel_size``.
    dilation : int or tuple of int, default=1
        Distance between the cells that the kernels look at.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the state.

    Attributes
    ----------
    input_conv, state_conv : SameConv2d
        The convolutions; only the one on the input has a bias.

    Raises
    ------
    ValueError
        If a size is below one or ``activation`` is unknown.

    Notes
    -----
    ``h' = a(W_x * x + b + W_h * h)``; on one cell it is ``nn.RNN``, which has two biases. The
    state's kernel starts orthogonal. The state is given and returned as a pair, ``(h, h)``. A step
    costs 2 F (C + F) kH kW H W multiplications and additions for every window.

    References
    ----------
    .. [1] Elman (1990), Finding Structure in Time, https://doi.org/10.1207/s15516709cog1402_1.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.convgru_cell import ConvRNNCell
    >>> h, _ = ConvRNNCell(3, 8)(torch.zeros(4, 3, 6, 7))
    >>> h.shape
    torch.Size([4, 8, 6, 7])
    """

    _sums, _state_bias = 1, False

    def step(self, projected: Tensor, state: State) -> State:
        """Return the next state.

        Parameters
        ----------
        projected : torch.Tensor
            What `project` made of the frames of this step, [B, F, H, W].
        state : tuple of torch.Tensor
            ``(h, h)`` before the step, each [B, F, H, W].

        Returns
        -------
        tuple of torch.Tensor
            ``(h, h)`` after the step.
        """
        h: Tensor = self.activation(projected + self.state_conv(state[0]))
        return h, h
