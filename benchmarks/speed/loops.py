"""Plain loops over the steps of a ConvLSTM, written as those who publish one write them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stforecast.nn import ConvLSTM, ConvLSTMCell, LSTMGates


class Loop(nn.Module):
    """Concatenate frame and state, convolve, split, squash: the cell as usually published.

    Parameters
    ----------
    layer : ConvLSTM
        The layer of one plain cell whose weights it takes.
    """

    def __init__(self, layer: ConvLSTM) -> None:
        super().__init__()
        cell = layer.layers[0].cell
        self.hidden_channels = cell.hidden_channels
        weight = torch.cat([cell.input_conv.weight, cell.state_conv.weight], dim=1)
        self.weight = nn.Parameter(weight.detach().clone())
        self.bias = nn.Parameter(cell.input_conv.bias.detach().clone())
        self.padding = (weight.shape[2] // 2, weight.shape[3] // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``h`` after every frame, [B, T, F, H, W]."""
        h = x.new_zeros(len(x), self.hidden_channels, *x.shape[3:])
        c, output = h, []
        for frame in x.unbind(1):
            z = functional.conv2d(
                torch.cat([frame, h], dim=1), self.weight, self.bias, padding=self.padding
            )
            h, c = self.gates(z, c)
            output.append(h)
        return torch.stack(output, dim=1)

    def gates(self, z: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next ``(h, c)``."""
        i, f, g, o = torch.split(z, self.hidden_channels, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class EightConvolutions(nn.Module):
    """A convolution for each gate of the frame and of the state, eight calls a step.

    Parameters
    ----------
    layer : ConvLSTM
        The layer of one plain cell whose weights it takes.
    """

    def __init__(self, layer: ConvLSTM) -> None:
        super().__init__()
        cell = layer.layers[0].cell
        self.hidden_channels = cell.hidden_channels
        self.of_frame = _gates(cell.input_conv.weight)
        self.of_state = _gates(cell.state_conv.weight)
        self.bias = _gates(cell.input_conv.bias)
        kernel = cell.input_conv.weight.shape[2:]
        self.padding = (kernel[0] // 2, kernel[1] // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``h`` after every frame, [B, T, F, H, W]."""
        h = x.new_zeros(len(x), self.hidden_channels, *x.shape[3:])
        c, output = h, []
        for frame in x.unbind(1):
            i, f, g, o = (self.gate(k, frame, h) for k in range(4))
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            output.append(h)
        return torch.stack(output, dim=1)

    def gate(self, k: int, frame: Tensor, h: Tensor) -> Tensor:
        """Return what goes into a gate."""
        seen = functional.conv2d(frame, self.of_frame[k], self.bias[k], padding=self.padding)
        return seen + functional.conv2d(h, self.of_state[k], padding=self.padding)


def _gates(weight: Tensor) -> nn.ParameterList:
    return nn.ParameterList(part.clone() for part in weight.detach().chunk(4))


class StepwiseGates(LSTMGates):
    """The LSTM's gates, under a name that no shorter way of the library takes."""


def step_by_step_cell(*sizes: int) -> ConvLSTMCell:
    """Return the library's plain cell, which its layers then run step by step.

    Parameters
    ----------
    *sizes : int
        Channels of frames and states, and the kernel.
    """
    return ConvLSTMCell(*sizes, gates=StepwiseGates)
