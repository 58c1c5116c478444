"""Checks of shapes at the door of every layer."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stforecast.exceptions import ShapeError

__all__ = [
    "check_frames",
    "check_part",
    "out_channels",
    "per_axis",
]


def check_frames(x: Tensor, channels: int, owner: str, grid: tuple[int, int] | None = None) -> None:
    """Raise unless ``x`` is [B, T, C, H, W] with the channels (and grid) a layer was built for."""
    size = "H, W" if grid is None else f"{grid[0]}, {grid[1]}"
    wanted = f"[B, T, {channels}, {size}]"
    fits = x.ndim == 5 and x.shape[2] == channels and x.shape[1] > 0
    if not fits or (grid is not None and tuple(x.shape[3:]) != tuple(grid)):
        raise ShapeError(
            f"{owner} was built for frames {wanted}, but got {list(x.shape)}. "
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


def per_axis(size: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Return an integer for each of `axes` axes; one number stands for all of them."""
    return tuple(map(int, size if isinstance(size, Sequence) else (size,) * axes))
