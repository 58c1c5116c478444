"""Random changes of frames: what they may do, and what they must leave alone."""

from __future__ import annotations

import pytest
import torch

from stforecast.exceptions import ShapeError
from stforecast.nn import ConvLSTM
from stforecast.nn.augmentation import AugmentedBackbone, FrameAugment
from tests.nn.checks import noise

X = noise(64, 3, 2, 4, 4)


def changed(**options: object) -> torch.Tensor:
    torch.manual_seed(0)
    return FrameAugment(**options)(X)


def kinds(y: torch.Tensor, choices: list[torch.Tensor]) -> list[int]:
    """Which of the choices each window is; every window must be one of them, in all its frames."""
    same = torch.stack([(y == one).flatten(1).all(1) for one in choices])
    assert same.any(0).all()
    return same.int().argmax(0).tolist()


@pytest.mark.parametrize(("option", "axis"), [("flip_rows", -2), ("flip_columns", -1)])
def test_about_half_of_the_windows_are_flipped_whole(option: str, axis: int) -> None:
    which = kinds(changed(**{option: True}), [X, X.flip(axis)])
    assert 20 < sum(which) < 44


def test_windows_are_turned_by_every_quarter() -> None:
    which = kinds(changed(rotate=True), [X.rot90(k, (-2, -1)) for k in range(4)])
    assert set(which) == {0, 1, 2, 3}


def test_a_crop_is_a_shift_that_brings_zeros_in() -> None:
    padded = torch.nn.functional.pad(X, (1, 1, 1, 1))
    cuts = [padded[..., i : i + 4, j : j + 4] for i in range(3) for j in range(3)]
    assert set(kinds(changed(crop=1), cuts)) == set(range(9))


def test_nothing_changes_in_evaluation_or_unasked() -> None:
    every = {"crop": 2, "flip_rows": True, "flip_columns": True, "rotate": True}
    assert FrameAugment(**every).eval()(X) is X
    assert torch.equal(changed(), X)


def test_only_square_frames_are_turned() -> None:
    with pytest.raises(ShapeError, match="Only square frames can be turned, but these are 4x3"):
        FrameAugment(rotate=True)(X[..., :3])


def test_a_backbone_behind_it_is_the_backbone_in_evaluation() -> None:
    backbone = ConvLSTM(2, 3, bidirectional=True).to(X.dtype)
    net = AugmentedBackbone(FrameAugment(crop=1), backbone)
    assert (net.out_channels, net.reverse_channels) == (6, 3)
    torch.testing.assert_close(net.eval()(X), backbone(X))
    assert not torch.equal(net.train()(X)[0], backbone(X)[0])
