"""Convolution inside chosen gates only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stforecast.nn.same_conv import Size, check_positive, pair, same_conv2d, same_padding

GATE_ORDER = "ifgo"


class GatewiseConv2d(nn.Module):
    """Four-gate convolution in which only some gates see their neighbours.

    The other gates look at their own cell alone, as in an LSTM that runs in every cell with
    shared weights. Where only the input gate needs to know what comes in from the side, this
    has the parameters of little more than one gate's kernel.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    out_channels : int
        Channels of the output, four times the hidden channels.
    kernel_size : int or (int, int)
        Height and width of the kernel of the chosen gates, in cells.
    dilation : int or (int, int), default=1
        Distance between the cells that the kernel looks at.
    bias : bool, default=True
        Whether to add a learned constant to each output channel.
    gates : str, default="i"
        Letters of the gates that convolve: input ``i``, forget ``f``, candidate ``g``, output
        ``o``. ``"ifgo"`` is the usual cell.

    Attributes
    ----------
    weight : Tensor, [out_channels, in_channels, kH, kW]
        The kernel of all gates, with zeros off the centre in the gates that do not convolve.

    Raises
    ------
    ValueError
        If `gates` names no gate, an unknown one or one twice, or `out_channels` is no multiple
        of four.

    Notes
    -----
    All gates are computed by one convolution, so this saves parameters, not time.

    Examples
    --------
    >>> from functools import partial
    >>> from stforecast.nn.convlstm_cell import ConvLSTMCell
    >>> from stforecast.nn.gatewise_conv import GatewiseConv2d
    >>> def size(cell): return sum(p.numel() for p in cell.parameters())
    >>> size(ConvLSTMCell(1, 8, 3)), size(ConvLSTMCell(1, 8, 3, conv=GatewiseConv2d))
    (2624, 896)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        *,
        dilation: Size = 1,
        bias: bool = True,
        gates: str = "i",
    ) -> None:
        super().__init__()
        check_gates(gates, out_channels)
        self.gates = gates
        self.dilation = pair(dilation)
        self.kernel_size = pair(kernel_size)
        check_positive(in_channels, out_channels, *self.kernel_size, *self.dilation)
        hidden = out_channels // 4
        self.spatial = nn.Parameter(
            torch.empty(len(gates) * hidden, in_channels, *self.kernel_size)
        )
        self.pointwise = nn.Parameter(torch.empty((4 - len(gates)) * hidden, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        for weight in filter(torch.Tensor.numel, (self.spatial, self.pointwise)):
            nn.init.xavier_uniform_(weight)

    @property
    def weight(self) -> Tensor:
        """The kernel of all four gates."""
        kernels = {gate: iter(()) for gate in GATE_ORDER}
        spatial = iter(self.spatial.chunk(len(self.gates)))
        pointwise = iter(self._centred().chunk(4 - len(self.gates)) if len(self.gates) < 4 else ())
        del kernels
        return torch.cat([next(spatial if g in self.gates else pointwise) for g in GATE_ORDER])

    def _centred(self) -> Tensor:
        left, right, top, bottom = same_padding(self.kernel_size, (1, 1))
        return F.pad(self.pointwise, (left, right, top, bottom))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x` [N, C, H, W] to the gates [N, out_channels, H, W]."""
        return same_conv2d(x, self.weight, self.bias, self.dilation)


def check_gates(gates: str, out_channels: int) -> None:
    """Refuse letters that are no gates, and channels that four gates cannot share."""
    if not gates or set(gates) - set(GATE_ORDER) or len(set(gates)) < len(gates):
        raise ValueError(
            f"`gates` must name some of the gates 'i', 'f', 'g', 'o', each once, but got {gates!r}."
        )
    if out_channels % 4:
        raise ValueError(
            f"Four gates share the output channels, but {out_channels} is no multiple of 4. "
            "Pass four times the hidden channels."
        )
