"""Random changes of frames in training, the same for all frames of a window."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast._constraints import Flags, Integers, checked
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Backbone, check_kind

__all__ = ["AugmentedBackbone", "FrameAugment"]


class FrameAugment(nn.Module):
    """Shift, flip and turn the frames of every window at random, in training only.

    A window's frames are all changed alike, so that what moves in it still moves; windows are
    changed each in its own way. Nothing happens in evaluation.

    Parameters
    ----------
    crop : int, default=0
        Cells by which frames are shifted at most along either axis: a crop of the frame with so
        wide a border of zeros.
    flip_rows : bool, default=False
        Whether half of the windows are turned upside down.
    flip_columns : bool, default=False
        Whether half of the windows are mirrored, left for right.
    rotate : bool, default=False
        Whether windows are turned by 0, 90, 180 or 270 degrees.

    Raises
    ------
    ShapeError
        In ``forward``, if frames that are to be turned are not square.

    Notes
    -----
    Draws from torch's global generator.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import FrameAugment
    >>> FrameAugment(crop=2, flip_columns=True)(torch.zeros(4, 9, 1, 8, 8)).shape
    torch.Size([4, 9, 1, 8, 8])
    """

    @checked(
        crop=Integers(0),
        flip_rows=Flags(),
        flip_columns=Flags(),
        rotate=Flags(),
    )
    def __init__(
        self,
        *,
        crop: int = 0,
        flip_rows: bool = False,
        flip_columns: bool = False,
        rotate: bool = False,
    ) -> None:
        super().__init__()
        self.crop = crop
        self.flip_rows = flip_rows
        self.flip_columns = flip_columns
        self.rotate = rotate

    def forward(self, x: Tensor) -> Tensor:
        """Return windows [B, T, C, H, W] of the same shape."""
        if not self.training:
            return x
        if self.flip_rows:
            x = torch.where(_coin(x), x.flip(-2), x)
        if self.flip_columns:
            x = torch.where(_coin(x), x.flip(-1), x)
        if self.rotate:
            x = self._turn(x)
        return _shift(x, self.crop) if self.crop else x

    def _turn(self, x: Tensor) -> Tensor:
        H, W = x.shape[-2:]
        if H != W:
            raise ShapeError(
                f"Only square frames can be turned, but these are {H}x{W}. Leave rotate out, or "
                "make them square."
            )
        quarters = torch.randint(4, (len(x), 1, 1, 1, 1), device=x.device)
        for quarter in (1, 2, 3):
            x = torch.where(quarters == quarter, x.rot90(quarter, (-2, -1)), x)
        return x


class AugmentedBackbone(Backbone):
    """A backbone that reads windows changed at random in training.

    Parameters
    ----------
    augment : torch.nn.Module
        Windows to windows of the same shape.
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
    return torch.rand(len(x), 1, 1, 1, 1, device=x.device) < 0.5


def _shift(x: Tensor, most: int) -> Tensor:
    """Cut a frame of the old size out of each frame with a border of zeros, anywhere."""
    B, _, _, H, W = x.shape
    x = nn.functional.pad(x, (most, most, most, most))
    rows, columns = (
        torch.randint(2 * most + 1, (B, 1), device=x.device) + torch.arange(cells, device=x.device)
        for cells in (H, W)
    )
    x = x.take_along_dim(rows[:, None, None, :, None], dim=-2)
    return x.take_along_dim(columns[:, None, None, None, :], dim=-1)
