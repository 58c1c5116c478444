"""Random changes of frames: what they may do, and what they must leave alone."""

from __future__ import annotations

import pytest
import torch

from stforecast.exceptions import ShapeError
from stforecast.nn import ConvLSTM
from stforecast.nn.augmentation import AugmentedBackbone, FrameAugment
from stforecast.nn.augmentation import _turn_by as turn_by
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


def test_a_turn_by_a_quarter_is_the_quarter_turn() -> None:
    for quarters in (1, 2, 3, -1):
        turned = turn_by(X, torch.full((len(X),), 90.0 * quarters))
        torch.testing.assert_close(turned, X.rot90(quarters, (-2, -1)))


def test_windows_are_turned_by_angles_of_their_own_within_the_limit() -> None:
    frame = torch.zeros(1, 1, 1, 31, 31, dtype=torch.float64)
    frame[..., 13:18, 20:29] = 1.0  # a bar to the right of the middle
    torch.manual_seed(0)
    y = FrameAugment(angle=30.0)(frame.expand(40, 3, 2, -1, -1))
    assert torch.equal(y[:, 0], y[:, 2])
    rows, columns = torch.meshgrid(*[torch.arange(31.0) - 15] * 2, indexing="ij")
    weight = y[:, 0, 0] / y[:, 0, 0].sum(dim=(1, 2), keepdim=True)
    angles = torch.rad2deg(
        torch.atan2(-(weight * rows).sum(dim=(1, 2)), (weight * columns).sum(dim=(1, 2)))
    )
    assert -30.5 < angles.min() < -15
    assert 15 < angles.max() < 30.5


def test_a_turn_keeps_lengths_where_frames_are_not_square() -> None:
    frame = torch.zeros(1, 1, 1, 15, 31, dtype=torch.float64)
    frame[..., 6:9, 5:26] = 1.0  # 21 cells along the rows
    turned = turn_by(frame, torch.tensor([90.0]))[0, 0, 0]
    assert (turned > 0.5).sum(dim=0).tolist() == [0] * 14 + [15] * 3 + [0] * 14


def test_crops_are_cut_anywhere_in_training_and_out_of_the_middle_else() -> None:
    cuts = [X[..., i : i + 2, j : j + 3] for i in range(3) for j in range(2)]
    assert set(kinds(changed(size=(2, 3)), cuts)) == set(range(6))
    middle = FrameAugment(size=2).eval()(X)
    assert torch.equal(middle, X[..., 1:3, 1:3])


def test_frames_smaller_than_the_crop_are_refused() -> None:
    for net in (FrameAugment(size=(5, 2)), FrameAugment(size=(5, 2)).eval()):
        with pytest.raises(ShapeError, match=r"size must not exceed .* 4x4, got 5x2. Lower it, or"):
            net(X)
