"""The whole network: a backbone that reads the window and a head that writes the horizon."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stforecast._constraints import Instances, Sequences, checked
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Backbone, Head, check_kind

__all__ = ["ForecastNet"]


class ForecastNet(nn.Module):
    """Backbone and head as one module: a window in, a flat horizon out.

    The backbone turns the window into a sequence of features, the head turns these into numbers.
    Nothing here knows of losses, devices, scaling or training.

    Parameters
    ----------
    backbone : Backbone
        Called as ``backbone(x, *modalities)`` with ``x`` [B, T, C, H, W]; returns
        ``(output, state)``, ``output`` [B, T', F] or [B, T', F, H, W].
    head : Head
        Called as ``head(output, state, parts)``; returns [B, outputs].
    inputs : sequence of str, default=()
        Names of the parts that the backbone reads beside the window, in the order of its arguments.

    Attributes
    ----------
    backbone, head : torch.nn.Module
        The two parts.
    inputs : tuple of str
        Names of the parts that go to the backbone.

    Raises
    ------
    TypeError
        If they are not derived from :class:`Backbone` and :class:`Head`.
    ValueError
        If the head reads a two-way backbone as a one-way one, or the reverse.
    ShapeError
        In ``forward``, if the window is not [B, T, C, H, W] or a part is missing.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LSTM, DenseHead, ForecastNet
    >>> net = ForecastNet(LSTM(3, 16), DenseHead(16, 7))
    >>> net(torch.zeros(2, 28, 3, 1, 1)).shape
    torch.Size([2, 7])
    """

    @checked(
        inputs=Sequences(Instances("a name", (str,)), "names of parts", least=0),
    )
    def __init__(self, backbone: Backbone, head: Head, inputs: Sequence[str] = ()) -> None:
        super().__init__()
        check_kind("backbone", backbone, Backbone)
        check_kind("head", head, Head)
        _check_directions(backbone, head)
        self.backbone = backbone
        self.head = head
        self.inputs = tuple(inputs)

    def forward(self, x: Tensor, parts: dict[str, Tensor] | None = None) -> Tensor:
        """Return the flat horizon of every window.

        Parameters
        ----------
        x : torch.Tensor
            Windows [B, T, C, H, W].
        parts : dict of str to torch.Tensor, default=None
            Named parts of the same windows, such as ``known`` [B, horizon, K], ``static`` [B, S]
            or a second modality.

        Returns
        -------
        torch.Tensor
            [B, outputs], step-major.
        """
        if x.ndim != 5:
            raise ShapeError(
                f"Windows must be [B, T, C, H, W], but got {x.ndim} axes: {list(x.shape)}. "
                "A table has H = W = 1: add two axes of length 1."
            )
        parts = {} if parts is None else parts
        read = self._modalities(parts) if self.inputs else ()
        output, state = self.backbone(x, *read)
        forecast: Tensor = self.head(output, state, parts)
        return forecast

    def _modalities(self, parts: dict[str, Tensor]) -> list[Tensor]:
        missing = [name for name in self.inputs if name not in parts]
        if missing:
            raise ShapeError(
                f"The backbone reads the parts {list(self.inputs)}, but {missing} is missing from "
                f"{sorted(parts)}. Pass it with the windows."
            )
        return [parts[name] for name in self.inputs]


def _check_directions(backbone: Backbone, head: Head) -> None:
    backward = backbone.reverse_channels
    if head.reverse_channels != backward:
        raise ValueError(
            f"The backbone's last {backward} channels run backwards in time, but the head takes "
            f"{head.reverse_channels} to do so, and would read some after one frame only. "
            f"Build the head with reverse_channels={backward}."
        )
