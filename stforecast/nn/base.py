"""What backbones and heads offer, the network of both, and what their layers check and share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from stforecast._constraints import Instances, Options, Sequences
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError

__all__ = [
    "Backbone",
    "ForecastNet",
    "Head",
    "axis_sizes",
    "check_frames",
    "check_kind",
    "check_part",
    "make_activation",
    "out_channels",
]


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


class Head(nn.Module, ABC):
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

    @abstractmethod
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


def check_kind(name: str, module: object, kind: type[nn.Module]) -> None:
    """Raise unless a module is derived from the base that says what it offers."""
    if not isinstance(module, kind):
        raise TypeError(
            f"{name} must be a {kind.__name__}, got {module!r:.60}. Derive its class from "
            f"stforecast.nn.{kind.__name__}, which says what it has to offer."
        )


def check_frames(x: Tensor, channels: int, owner: str, grid: tuple[int, int] | None = None) -> None:
    """Raise unless ``x`` is [B, T, C, H, W] with the channels (and grid) a layer was built for."""
    size = "H, W" if grid is None else f"{grid[0]}, {grid[1]}"
    layout = f"[B, T, {channels}, {size}]"
    # a window without frames has no last state to forecast from
    fits = x.ndim == 5 and x.shape[2] == channels and x.shape[1] > 0
    if not fits or (grid is not None and tuple(x.shape[3:]) != tuple(grid)):
        raise ShapeError(
            f"{owner} was built for frames {layout}, but got {list(x.shape)}. "
            "Build it for these frames, or reshape the frames."
        )


def out_channels(module: nn.Module) -> int:
    """Return the channels that a module says it gives; raise where it does not say so."""
    channels = getattr(module, "out_channels", None)
    if isinstance(channels, int):
        return channels
    raise TypeError(
        f"{type(module).__name__} must say how many channels it gives, but its out_channels is "
        f"{channels!r}. Set out_channels in its __init__."
    )


def check_part(parts: dict[str, Tensor], name: str, shape: tuple[int, ...], owner: str) -> Tensor:
    """Return the named part as [B, *shape]; raise where it is missing or has another shape."""
    if name not in parts:
        raise ShapeError(
            f"{owner} was built for a part {name!r} of shape {['B', *shape]}, but parts holds "
            f"{sorted(parts)}. Pass it with the windows, or build the head without it."
        )
    part = parts[name]
    if tuple(part.shape[1:]) != shape:
        raise ShapeError(
            f"{owner} was built for a part {name!r} of shape {['B', *shape]}, but got "
            f"{list(part.shape)}. Build the head for this shape."
        )
    return part


def axis_sizes(size: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Return an integer for each of `axes` axes; one number stands for all of them."""
    return tuple(map(int, size if isinstance(size, Sequence) else (size,) * axes))


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
}
ACTIVATION = Options(*ACTIVATIONS)


def make_activation(name: str) -> nn.Module:
    """Make an activation module by its name.

    Parameters
    ----------
    name : {"relu", "tanh", "sigmoid", "elu", "leaky_relu"}
        Which function is applied to every number.

    Returns
    -------
    torch.nn.Module
        The activation, with torch's default settings.

    Raises
    ------
    ValueError
        If no activation has that name.

    Examples
    --------
    >>> from stforecast.nn.base import make_activation
    >>> make_activation("relu")
    ReLU()
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ACTIVATION.error("activation", name)
    return ACTIVATIONS[name]()


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

    @check_arguments(
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
        modalities = self._modalities(parts) if self.inputs else ()
        output, state = self.backbone(x, *modalities)
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
    # a head reads these channels at the first frame, where they have read the whole window
    backward = backbone.reverse_channels
    if head.reverse_channels != backward:
        raise ValueError(
            f"The backbone's last {backward} channels run backwards in time, but the head takes "
            f"{head.reverse_channels} to do so, and would read some after one frame only. "
            f"Build the head with reverse_channels={backward}."
        )
