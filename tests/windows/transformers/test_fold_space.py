"""Blocks of cells as channels, and maps out of a network behind them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from stforecast import ConvLSTMForecaster, RolloutDecoder, Training, make_windows
from stforecast.exceptions import ShapeError
from stforecast.nn import RolloutHead
from stforecast.nn.space import UnfoldedHead, fold_space, unfold_space
from stforecast.windows import FoldSpace, Windows


def maps(rows: int = 12, H: int = 7, W: int = 9, C: int = 2) -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(rows, C, H, W))
    values[:, :, :2, :3] = np.nan
    return values


@pytest.mark.parametrize("size", [1, 2, 3, 4, 20])
def test_each_cell_is_the_channel_of_its_place_and_comes_back(size):
    X, _ = make_windows(maps(), lookback=3, missing="mask")
    fold = FoldSpace(size).fit(X)
    folded = fold.transform(X)
    h, w = -(-7 // size), -(-9 // size)
    assert isinstance(folded, Windows)
    assert folded.masked
    assert folded.shape == (len(X), 3, 2 * size**2, h, w)
    whole, values = np.asarray(X), np.asarray(folded)
    for c, i, j, row, column in np.ndindex(2, size, size, h, w):
        r, s = min(row * size + i, 6), min(column * size + j, 8)
        channel = c * size**2 + i * size + j
        assert_array_equal(values[:, :, channel, row, column], whole[:, :, c, r, s])
    assert_array_equal(np.asarray(fold.inverse_transform(folded)), whole)


def test_it_copies_nothing_until_windows_are_read():
    X, _ = make_windows(maps(), lookback=3, missing="mask")
    folded = FoldSpace(4).fit_transform(X)
    assert np.shares_memory(folded.base, X.base)
    assert_array_equal(np.asarray(folded[2:4]), np.asarray(folded)[2:4])


@pytest.mark.parametrize("shape", [(5, 3, 6, 8), (5, 3, 2, 5, 7)])
def test_arrays_come_back_too(shape):
    X = np.random.default_rng(0).normal(size=shape)
    fold = FoldSpace(2).fit(X)
    assert_array_equal(fold.inverse_transform(fold.transform(X)), X)


def test_tables_stay_as_they_are():
    X, _ = make_windows(np.arange(20.0).reshape(10, 2), lookback=3)
    fold = FoldSpace(3).fit(X)
    assert_array_equal(np.asarray(fold.transform(X)), np.asarray(X))
    assert_array_equal(np.asarray(fold.inverse_transform(fold.transform(X))), np.asarray(X))


def test_a_size_that_is_no_count_is_refused():
    with pytest.raises(ValueError, match="size must be an integer of at least 1, got 0"):
        FoldSpace(0).fit(np.zeros((4, 2, 6, 6)))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_tensors_are_folded_as_windows_are_and_back(size):
    X, _ = make_windows(np.nan_to_num(maps()), lookback=3)
    whole = torch.from_numpy(np.asarray(X))
    folded = fold_space(whole, size)
    assert_array_equal(folded.numpy(), np.asarray(FoldSpace(size).fit_transform(X)))
    assert_array_equal(unfold_space(folded, size, (7, 9)).numpy(), whole.numpy())


def test_a_head_of_blocks_gives_maps_of_cells_and_is_taught_in_blocks():
    class Repeat(RolloutHead):
        """Gives what it is taught."""

        def forward(self, output, state, parts):
            return parts["target"]

    head = UnfoldedHead(Repeat(4, 8, 3), 2, (7, 9), channels=2)
    truth = torch.randn(5, 3 * 2 * 7 * 9)
    assert head.reads_target
    assert_allclose(head(torch.zeros(1), None, {"target": truth}), truth)


def test_a_head_of_blocks_says_the_units_of_cells_in_blocks():
    class WithUnits(RolloutHead):
        def set_units(self, mean, scale):
            self.units = mean, scale

    head = UnfoldedHead(WithUnits(4, 8, 3), 2, (7, 9), channels=2)
    mean, scale = torch.randn(3 * 2 * 7 * 9), torch.rand(3 * 2 * 7 * 9) + 1
    head.set_units(mean, scale)
    for given, taken in zip((mean, scale), head.head.units, strict=True):
        blocks = taken.reshape(1, 3, 8, 4, 5)
        assert_array_equal(unfold_space(blocks, 2, (7, 9)).flatten(), given)
        assert torch.isin(taken, given).all()  # what lies beyond the border has units as well


@pytest.mark.parametrize("teacher_forcing", [0.0, 0.5])
def test_a_network_behind_it_forecasts_whole_maps(teacher_forcing):
    wave = np.sin(np.arange(40)[:, None, None] / 2 + np.arange(9) / 3 + np.arange(7)[:, None] / 4)
    X, y = make_windows(wave, lookback=4, horizon=2)
    decoder = RolloutDecoder(teacher_forcing=teacher_forcing)
    network = ConvLSTMForecaster(
        8,
        decoder=decoder,
        baseline=None,
        lr=0.01,
        max_epochs=60,
        training=Training(validation_fraction=0),
        random_state=0,
    )
    model = make_pipeline(FoldSpace(4), network).fit(X, y)
    head = network.net_.module_.head
    assert isinstance(head, UnfoldedHead)
    assert head.size == 4
    found = model.predict(X)
    assert found.shape == (len(X), 2 * 7 * 9)
    assert np.mean((found - np.asarray(y)) ** 2) < 0.1 * np.var(np.asarray(y))


def test_targets_of_another_grid_are_no_blocks():
    X, y = make_windows(np.zeros((20, 6, 6)), lookback=3, target=np.zeros((20, 5, 20)))
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, baseline=None)
    with pytest.raises(ShapeError, match=r"maps of the grid \(6, 6\).*targets are \(5, 20\)"):
        network.fit(X, y)
