"""Random changes of frames in training, as a searchable part."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from sklearn.base import BaseEstimator
from torch import nn

from stforecast._constraints import Constraint, Flags, Integers, Numbers, Sizes
from stforecast.estimators.parts.base import NetShapes
from stforecast.nn.augmentation import (
    AugmentedBackbone,
    FrameAugment,
    check_size,
)
from stforecast.nn.base import Backbone, axis_sizes

__all__ = ["FrameAugmentation"]


class FrameAugmentation(BaseEstimator):
    """Shift, crop, flip and turn frames at random in training, all frames of a window alike.

    It tells a network what does not matter: that a gesture is the same further to the left, or
    seen in a mirror.

    Parameters
    ----------
    crop : int, default=0
        Cells by which frames are shifted at most; zeros (the mean, after standardising) come in.
    size : int or tuple of int, default=None
        Height and width, in cells, of the frames that the network sees, cut out of each frame:
        anywhere in training, out of the middle in `predict`; None for whole frames.
    flip_rows : bool, default=False
        Whether half of the windows are turned upside down.
    flip_columns : bool, default=False
        Whether half of the windows are mirrored, left for right.
    rotate : bool, default=False
        Whether windows are turned by 0, 90, 180 or 270 degrees; frames must be square.
    angle : float, default=0.0
        Degrees, at most 180, by which windows are turned at most, either way; values between
        cells are interpolated, and zeros come in at the corners.

    Notes
    -----
    Targets stay as they are. Choose only changes that leave them true: a flip makes another class
    of a move to the left, and no change suits targets that are maps themselves.

    References
    ----------
    Krizhevsky, Sutskever, Hinton (2012), ImageNet Classification with Deep Convolutional Neural
    Networks, https://doi.org/10.1145/3065386.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMClassifier, ConvLSTMLayers, FrameAugmentation
    >>> ConvLSTMClassifier(layers=ConvLSTMLayers(augmentation=FrameAugmentation(crop=4)))
    ConvLSTMClassifier(layers=ConvLSTMLayers(augmentation=FrameAugmentation(crop=4)))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "crop": Integers(0),
        "size": Sizes((2,)) | None,
        "flip_rows": Flags(),
        "flip_columns": Flags(),
        "rotate": Flags(),
        "angle": Numbers(0, 180),
    }

    def __init__(
        self,
        crop: int = 0,
        *,
        size: int | tuple[int, int] | None = None,
        flip_rows: bool = False,
        flip_columns: bool = False,
        rotate: bool = False,
        angle: float = 0.0,
    ) -> None:
        self.crop = crop
        self.size = size
        self.flip_rows = flip_rows
        self.flip_columns = flip_columns
        self.rotate = rotate
        self.angle = angle

    def build(self) -> nn.Module:
        """Return the module that changes windows.

        Returns
        -------
        torch.nn.Module
            Windows [B, T, C, H, W] to windows of that shape, or of frames of `size`.
        """
        return FrameAugment(
            crop=self.crop,
            size=self.size,
            flip_rows=self.flip_rows,
            flip_columns=self.flip_columns,
            rotate=self.rotate,
            angle=self.angle,
        )


def resize_frames(shapes: NetShapes, augmentation: FrameAugmentation | None) -> NetShapes:
    """Return shapes with the frames that a network behind an augmentation sees."""
    if augmentation is None or augmentation.size is None:
        return shapes
    C, H, W = shapes.frame  # the target keeps its own shape
    height, width = axis_sizes(augmentation.size, 2)
    check_size((height, width), (H, W))
    return replace(shapes, frame=(C, height, width))


def add_augmentation(backbone: Backbone, augmentation: FrameAugmentation | None) -> Backbone:
    """Return a backbone behind the changes that were asked for, if any were."""
    if augmentation is None:
        return backbone
    return AugmentedBackbone(augmentation.build(), backbone)
