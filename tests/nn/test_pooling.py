"""From maps to vectors."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stforecast.nn import AverageCells, AverageWindow, FlattenCells, FlattenWindow
from stforecast.nn.pooling import AverageRegions, make_pooling
from tests.nn.checks import noise


@pytest.mark.parametrize("shape", [(2, 5, 3, 4, 6), (1, 1, 3, 1, 1), (2, 5, 3, 1, 7)])
def test_pooled_numbers_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    B, T, C, H, W = shape
    x = noise(*shape)
    a = x.numpy()
    expected = {
        FlattenCells(C, (H, W)): a.reshape(B, T, C * H * W),
        AverageCells(C, (H, W)): a.mean((3, 4)),
        FlattenWindow(C, (H, W), T): a.reshape(B, T * C * H * W),
        AverageWindow(C): a.mean((1, 3, 4)),
    }
    for pooling, wanted in expected.items():
        torch.testing.assert_close(pooling(x), torch.from_numpy(wanted))
        assert pooling.features == wanted.shape[-1]


@pytest.mark.parametrize(("name", "kind"), [("flatten", FlattenCells), ("average", AverageCells)])
def test_pooling_by_name(name: str, kind: type[nn.Module]) -> None:
    assert isinstance(make_pooling(name, 3, (2, 2)), kind)


def test_unknown_pooling_lists_the_names() -> None:
    with pytest.raises(ValueError, match="pooling must be 'flatten' or 'average', got 'max'"):
        make_pooling("max", 3, (2, 2))


@pytest.mark.parametrize(
    ("grid", "most", "heights", "widths"),
    [
        ((4, 6), 6, [2, 2], [2, 2, 2]),
        ((5, 7), 6, [3, 2], [3, 3, 1]),
        ((1, 5), 8, [1], [1] * 5),
        ((1, 9), 4, [1], [3, 3, 3]),
    ],
)
def test_regions_are_averaged_and_stay_where_they_are(grid, most, heights, widths) -> None:
    x = noise(2, 5, 3, *grid)
    rows = x.split(heights, dim=-2)
    means = [part.mean((-2, -1)) for row in rows for part in row.split(widths, dim=-1)]
    regions = AverageRegions(3, grid, most)
    torch.testing.assert_close(regions(x), torch.stack(means, dim=-1).flatten(-2))
    assert regions.features == 3 * len(heights) * len(widths)
