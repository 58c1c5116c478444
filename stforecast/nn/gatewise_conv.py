"""Convolution inside chosen gates only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stforecast._constraints import Flags, Integers, Letters, Sizes
from stforecast._parameters import check_arguments
from stforecast.nn.same_conv import Size, conv_sizes, same_conv2d, same_padding

__all__ = ["GatewiseConv2d"]

GATE_ORDER = "ifgo"


class GatewiseConv2d(nn.Module):
    """Four-gate convolution in which only some gates see their neighbours.

    The other gates look at their own cell alone, as in an LSTM that runs in every cell with
    shared weights. Where only the input gate needs to know what comes in from the side, this
    takes little more than a quarter of the parameters.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    out_channels : int
        Channels of the output, four times the hidden channels.
    kernel_size : int or tuple of int
        Height and width of the kernel of the chosen gates, in cells.
    dilation : int or tuple of int, default=1
        Distance between the cells that the kernel looks at.
    bias : bool, default=True
        Whether to add a learned constant to each output channel.
    gates : str, default="i"
        Letters of the gates that convolve: input ``i``, forget ``f``, candidate ``g``, output
        ``o``. With ``"ifgo"`` it is a :class:`SameConv2d`.

    Attributes
    ----------
    spatial : Parameter, [len(gates) * F, in_channels, kH, kW]
        Kernels of the gates that convolve, in the order i, f, g, o.
    pointwise : Parameter, [(4 - len(gates)) * F, in_channels, 1, 1]
        Weights of the other gates, in the same order; None if there are none.
    weight : Tensor, [out_channels, in_channels, kH, kW]
        Both as one kernel, zero off the centre where a gate does not convolve.

    Raises
    ------
    ValueError
        If ``gates`` names no gate, an unknown one or one twice, or ``out_channels`` is no
        multiple of four.

    Notes
    -----
    All gates are computed by one convolution, so this saves parameters, not time.

    Examples
    --------
    >>> from stforecast.nn import ConvLSTMCell, GatewiseConv2d
    >>> def size(cell): return sum(p.numel() for p in cell.parameters())
    >>> size(ConvLSTMCell(1, 8, 3)), size(ConvLSTMCell(1, 8, 3, conv=GatewiseConv2d))
    (2624, 896)
    """

    @check_arguments(
        in_channels=Integers(1),
        out_channels=Integers(1),
        kernel_size=Sizes((2,)),
        dilation=Sizes((2,)),
        bias=Flags(),
        gates=Letters(GATE_ORDER),
    )
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
        _check_multiple(out_channels)
        shape, self.dilation = conv_sizes(in_channels, out_channels, kernel_size, dilation)
        hidden, pointwise_gates = out_channels // 4, 4 - len(gates)
        self.gates = gates
        kernel = torch.empty(len(gates) * hidden, *shape[1:])
        self.spatial = nn.Parameter(nn.init.xavier_uniform_(kernel))
        self.pointwise = (
            _pointwise(in_channels, pointwise_gates * hidden) if pointwise_gates else None
        )
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    @property
    def weight(self) -> Tensor:
        """The kernel of all four gates, [out_channels, in_channels, kH, kW]."""
        if self.pointwise is None:
            return self.spatial
        # each iterator gives the kernels [F, C, kH, kW] of its gates in the order i, f, g, o
        spatial = iter(self.spatial.chunk(len(self.gates)))
        pointwise = iter(self._centre(self.pointwise).chunk(4 - len(self.gates)))
        return torch.cat([next(spatial if g in self.gates else pointwise) for g in GATE_ORDER])

    def _centre(self, pointwise: Tensor) -> Tensor:
        height, width = self.spatial.shape[2:]
        # what a kernel pads on each side are its cells on that side of its own cell
        return functional.pad(pointwise, same_padding((height, width), (1, 1)))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x`` [N, C, H, W] to the gates [N, out_channels, H, W]."""
        return same_conv2d(x, self.weight, self.bias, self.dilation)


def _pointwise(in_channels: int, out_channels: int) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(out_channels, in_channels, 1, 1)))


def _check_multiple(out_channels: int) -> None:
    if out_channels % 4:
        raise ValueError(
            f"Four gates share out_channels, but {out_channels} is not a multiple of 4. "
            "Pass four times the hidden channels."
        )
