"""Random changes of frames in training, the same for all frames of a window."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast._constraints import Flags, Integers, Numbers, Sizes
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Backbone, axis_sizes, check_kind
from stforecast.nn.same_conv import Size

__all__ = ["AugmentedBackbone", "FrameAugment"]


class FrameAugment(nn.Module):
    """Shift, crop, flip and turn the frames of every window at random, in training only.

    A window's frames are all changed alike, so that what moves in it still moves; windows are
    changed each in its own way. In evaluation frames are cut out of the middle where `size` is
    given, and stay as they are otherwise.

    Parameters
    ----------
    crop : int, default=0
        Cells by which frames are shifted at most along either axis: a crop of the frame with so
        wide a border of zeros.
    size : int or tuple of int, default=None
        Height and width, in cells, of the frames that are cut out of each frame, anywhere in
        training and out of the middle in evaluation; None for whole frames.
    flip_rows : bool, default=False
        Whether half of the windows are turned upside down.
    flip_columns : bool, default=False
        Whether half of the windows are mirrored, left for right.
    rotate : bool, default=False
        Whether windows are turned by 0, 90, 180 or 270 degrees.
    angle : float, default=0.0
        Degrees by which windows are turned at most, either way, about the middle of the frame.
        Values between cells are interpolated, and zeros come in at the corners.

    Raises
    ------
    ShapeError
        In ``forward``, if frames that are to be turned by quarters are not square, or frames are
        smaller than `size`.

    Notes
    -----
    Draws from torch's global generator. Frames are flipped and turned first, then shifted, then
    cut.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FrameAugment
    >>> FrameAugment(crop=2, flip_columns=True)(torch.zeros(4, 9, 1, 8, 8)).shape
    torch.Size([4, 9, 1, 8, 8])
    """

    @check_arguments(
        crop=Integers(0),
        size=Sizes((2,)) | None,
        flip_rows=Flags(),
        flip_columns=Flags(),
        rotate=Flags(),
        angle=Numbers(0, 180),
    )
    def __init__(
        self,
        *,
        crop: int = 0,
        size: Size | None = None,
        flip_rows: bool = False,
        flip_columns: bool = False,
        rotate: bool = False,
        angle: float = 0.0,
    ) -> None:
        super().__init__()
        self.crop = crop
        self.size = None if size is None else axis_sizes(size, 2)
        self.flip_rows = flip_rows
        self.flip_columns = flip_columns
        self.rotate = rotate
        self.angle = angle

    def forward(self, x: Tensor) -> Tensor:
        """Return windows [B, T, C, H, W], of the same shape but for `size`."""
        if self.training:
            x = self._change(x)
        return x if self.size is None else self._cut(x, self.size)

    def _cut(self, x: Tensor, size: tuple[int, ...]) -> Tensor:
        check_size(size, (x.shape[-2], x.shape[-1]))
        spare = [length - cells for length, cells in zip(x.shape[-2:], size, strict=True)]
        if not self.training:
            top, left = (cells // 2 for cells in spare)
            return x[..., top : top + size[0], left : left + size[1]]
        places = [torch.randint(cells + 1, (len(x),), device=x.device) for cells in spare]
        return _cut_maps(x, size, places)

    def _change(self, x: Tensor) -> Tensor:
        if self.flip_rows:
            x = torch.where(_coin(x), x.flip(-2), x)
        if self.flip_columns:
            x = torch.where(_coin(x), x.flip(-1), x)
        if self.rotate:
            x = self._turn(x)
        if self.angle:
            x = _turn_by(x, self.angle * (2 * torch.rand(len(x), device=x.device) - 1))
        return _shift(x, self.crop) if self.crop else x

    def _turn(self, x: Tensor) -> Tensor:
        H, W = x.shape[-2:]
        if H != W:
            raise ShapeError(
                f"Only square frames can be turned, but these are {H}x{W}. Leave rotate out, or "
                "make them square."
            )
        quarters = torch.randint(4, (len(x), 1, 1, 1, 1), device=x.device)
        # rot90 turns all windows alike: each takes, of the three turns, the one that it drew
        for quarter in (1, 2, 3):
            x = torch.where(quarters == quarter, x.rot90(quarter, (-2, -1)), x)
        return x


class AugmentedBackbone(Backbone):
    """A backbone that reads windows changed at random in training.

    Parameters
    ----------
    augment : torch.nn.Module
        Windows to windows that the backbone reads.
    backbone : torch.nn.Module
        Any backbone.

    Attributes
    ----------
    augment, backbone : torch.nn.Module
        The two.
    out_channels, reverse_channels : int
        Those of the backbone.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTM, FrameAugment
    >>> from stforecast.nn.augmentation import AugmentedBackbone
    >>> AugmentedBackbone(FrameAugment(crop=1), ConvLSTM(1, 4))(torch.zeros(2, 3, 1, 5, 5))[0].shape
    torch.Size([2, 3, 4, 5, 5])
    """

    def __init__(self, augment: nn.Module, backbone: Backbone) -> None:
        super().__init__()
        check_kind("backbone", backbone, Backbone)
        self.augment = augment
        self.backbone = backbone
        self.out_channels = backbone.out_channels
        self.reverse_channels = backbone.reverse_channels

    def forward(self, x: Tensor, *modalities: Tensor) -> Any:
        """Return what the backbone makes of the changed windows."""
        return self.backbone(self.augment(x), *modalities)


def _coin(x: Tensor) -> Tensor:
    # one draw a window, which broadcasts over its frames, channels and cells
    return torch.rand(len(x), 1, 1, 1, 1, device=x.device) < 0.5


def _turn_by(x: Tensor, degrees: Tensor) -> Tensor:
    """Turn the frames of each window about their middle, against the clock."""
    B, T, C, H, W = x.shape
    turn = torch.deg2rad(degrees.to(x.dtype))
    cos, sin, zero = turn.cos(), turn.sin(), torch.zeros_like(turn)
    # where each cell of the new frame lies in the old one; both axes run from -1 to 1, so that the
    # sines bring one axis to the length of the other
    rows = [[cos, -sin * H / W, zero], [sin * W / H, cos, zero]]
    places = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)  # [B, 2, 3]
    # frames stand as channels, [B, T * C, H, W]: one grid then turns all frames of a window
    grid = nn.functional.affine_grid(places, [B, T * C, H, W], align_corners=False)
    turned: Tensor = nn.functional.grid_sample(x.flatten(1, 2), grid, align_corners=False)
    return turned.view(B, T, C, H, W)


def _shift(x: Tensor, most: int) -> Tensor:
    """Cut a frame of the old size out of each frame with a border of zeros, anywhere."""
    padded = nn.functional.pad(x, (most, most, most, most))
    places = [torch.randint(2 * most + 1, (len(x),), device=x.device) for _ in range(2)]
    return _cut_maps(padded, (x.shape[-2], x.shape[-1]), places)


def _cut_maps(x: Tensor, size: tuple[int, ...], places: list[Tensor]) -> Tensor:
    """Cut frames of a size out of the frames of each window, whose first cells are `places`."""
    rows, columns = (  # [B, h] and [B, w]
        first[:, None] + torch.arange(cells, device=x.device)
        for first, cells in zip(places, size, strict=True)
    )
    # the indices broadcast over frames, channels and the other axis
    x = x.take_along_dim(rows[:, None, None, :, None], dim=-2)
    return x.take_along_dim(columns[:, None, None, None, :], dim=-1)


def check_size(size: tuple[int, ...], frame: tuple[int, int]) -> None:
    """Raise if frames of a size cannot be cut out of a frame."""
    if size[0] > frame[0] or size[1] > frame[1]:
        raise ShapeError(
            f"size must not exceed the frames, which are {frame[0]}x{frame[1]}, got "
            f"{size[0]}x{size[1]}. Lower it, or use crop, which brings zeros in."
        )
