"""What every backbone and every head offers."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

__all__ = ["Backbone", "Head", "check_kind"]


class Backbone(nn.Module):
    """Base of networks that read the window: derive your own from it.

    ``backbone(x, *modalities)`` takes windows [B, T, C, H, W] and the named parts that it was
    built for, and returns ``(output, state)``. ``output`` is [B, T', F] or [B, T', F, H, W];
    ``state`` is whatever a head can go on from.

    Attributes
    ----------
    out_channels : int
        Features F of each step of the output; set it in ``__init__``.
    reverse_channels : int
        How many of these, the last ones, run backwards in time; 0 unless a subclass sets it.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import Backbone, DenseHead, ForecastNet
    >>> class MeanOfCells(Backbone):
    ...     def __init__(self, channels):
    ...         super().__init__()
    ...         self.out_channels = channels
    ...
    ...     def forward(self, x):
    ...         return x.mean(dim=(3, 4)), None
    >>> net = ForecastNet(MeanOfCells(3), DenseHead(3, 7))
    >>> net(torch.zeros(2, 28, 3, 4, 4)).shape
    torch.Size([2, 7])
    """

    out_channels: int
    reverse_channels: int = 0

    def __init__(self) -> None:
        super().__init__()


class Head(nn.Module):
    """Base of modules that write the horizon: derive your own from it.

    ``head(output, state, parts)`` takes what a backbone gave and the named parts of the windows,
    such as ``known`` [B, horizon, K], and returns [B, outputs], step-major.

    Attributes
    ----------
    reverse_channels : int
        How many of the last channels it takes to run backwards, the backbone's attribute of that
        name; 0 unless a subclass sets it.
    reads_target : bool
        Whether it reads the truth in training, which is then in ``parts["target"]`` [B, outputs];
        False unless a subclass says otherwise.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LSTM, ForecastNet, Head
    >>> class LastOutput(Head):
    ...     def forward(self, output, state, parts):
    ...         return output[:, -1]
    >>> ForecastNet(LSTM(3, 7), LastOutput())(torch.zeros(2, 28, 3, 1, 1)).shape
    torch.Size([2, 7])
    """

    reverse_channels: int = 0
    reads_target: bool = False

    def __init__(self) -> None:
        super().__init__()

    def set_units(self, mean: Tensor, scale: Tensor) -> None:
        """Take note of what an output of 0 is in the units of the targets, and what 1 more is.

        A forecaster says so once before it trains. A head that needs no units does nothing.

        Parameters
        ----------
        mean, scale : torch.Tensor
            [outputs]; outputs are ``(target - mean) / scale``.
        """

    def forward(self, output: Tensor, state: Any, parts: dict[str, Tensor]) -> Tensor:
        """Return the horizon of every window.

        Parameters
        ----------
        output : torch.Tensor
            The backbone's output, [B, T, F] or [B, T, F, H, W].
        state : object
            The backbone's state.
        parts : dict of str to torch.Tensor
            Named parts of the same windows.

        Returns
        -------
        torch.Tensor
            [B, outputs].
        """
        raise NotImplementedError


def check_kind(name: str, given: object, kind: type[nn.Module]) -> None:
    """Raise unless a module is derived from the base that says what it offers."""
    if not isinstance(given, kind):
        raise TypeError(
            f"{name} must be a {kind.__name__}, got {given!r:.60}. Derive its class from "
            f"stforecast.nn.{kind.__name__}, which says what it has to offer."
        )
