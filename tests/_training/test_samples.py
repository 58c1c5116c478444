"""Batches are gathered whole, in the order asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stforecast._training.samples import BatchLoader, Samples, as_frames, frame_shape
from stforecast.windows import Windows, make_windows
from tests.estimators.data import map_windows, noise, small, table_windows


@pytest.fixture
def samples():
    known = noise(80, 1)
    X, y = make_windows(noise(), lookback=5, horizon=2, known=known)
    parts = X.parts
    return Samples(replace(X, parts={}), parts, y)


def test_a_batch_is_read_in_one_go(samples, monkeypatch):
    asked = []
    read = Windows.batch

    def spy(self, key):
        asked.append(len(key))
        return read(self, key)

    monkeypatch.setattr(Windows, "batch", spy)
    monkeypatch.setattr(Windows, "__getitem__", None)  # nobody asks for a window by itself
    batches = list(BatchLoader(samples, 32))
    assert [len(y) for _, y in batches] == [32, 32, 10]
    assert asked == [32, 32, 32, 32, 10, 10]  # the windows, and their part


def test_a_fit_reads_large_data_in_batches(monkeypatch):
    X, y = table_windows()
    sizes = []
    read = Samples.batch

    def spy(self, rows, **options):
        sizes.append(len(rows))
        return read(self, rows, **options)

    monkeypatch.setattr(Samples, "batch", spy)
    small(max_epochs=1).fit(X, y)
    assert sorted(sizes) == [8, 65]  # what is small is read once: held back and trained on
    sizes.clear()
    monkeypatch.setattr("stforecast._training.samples.CACHE_BYTES", 0)
    small(max_epochs=1).fit(X, y)
    assert sizes == [16, 16, 16, 16, 1, 8]


def test_held_samples_are_the_same_batches(samples):
    generators = [np.random.default_rng(0), np.random.default_rng(0)]
    kept = samples.load(np.arange(len(samples)), "cpu")
    assert type(kept) is not Samples
    assert len(kept) == len(samples)
    for (one, y), (other, z) in zip(
        BatchLoader(samples, 7, generators[0]), BatchLoader(kept, 7, generators[1]), strict=True
    ):
        assert torch.equal(one["x"], other["x"])
        assert torch.equal(one["parts"]["known"], other["parts"]["known"])
        assert torch.equal(y, z)


def test_how_samples_are_held_changes_no_fit(monkeypatch):
    X, y = table_windows()
    held = small().fit(X, y).predict(X)
    monkeypatch.setattr("stforecast._training.samples.CACHE_BYTES", 0)
    np.testing.assert_array_equal(small().fit(X, y).predict(X), held)


def test_every_sample_comes_once_in_another_order_each_epoch(samples):
    loader = BatchLoader(samples, 7, np.random.default_rng(0))
    epochs = [torch.cat([y for _, y in loader]) for _ in range(2)]
    assert len(loader) == 11
    assert not torch.equal(*epochs)
    for epoch in epochs:
        assert sorted(epoch[:, 0].tolist()) == sorted(samples.y[:, 0].tolist())


def test_in_order_without_a_generator(samples):
    x = torch.cat([inputs["x"] for inputs, _ in BatchLoader(samples, 9)])
    np.testing.assert_array_equal(x[..., 0, 0].numpy(), np.asarray(samples.X))


def test_inputs_targets_and_parts_stay_together(samples):
    inputs, y = samples.batch(np.array([5, 2]))
    np.testing.assert_array_equal(inputs["x"][0, :, :, 0, 0], samples.X[5])
    np.testing.assert_array_equal(inputs["parts"]["known"][1], samples.parts["known"][2])
    np.testing.assert_array_equal(y, samples.y[[5, 2]])


def test_some_samples_copy_nothing(samples):
    some = samples.take(np.arange(3, 20))
    assert some.X.base is samples.X.base
    inputs, y = some.batch(np.array([0]))
    np.testing.assert_array_equal(inputs["x"][0, :, :, 0, 0], samples.X[3])
    np.testing.assert_array_equal(y[0], samples.y[3])


def test_targets_are_a_part_only_while_teaching(samples):
    assert "target" not in samples.batch(np.arange(2))[0]["parts"]
    inputs, y = samples.take(np.arange(9), teach=True).batch(np.arange(2))
    assert torch.equal(inputs["parts"]["target"], y)


@pytest.mark.parametrize(
    ("shape", "frames"),
    [
        ((4, 5), (4, 5, 1, 1, 1)),
        ((4, 5, 2), (4, 5, 2, 1, 1)),
        ((4, 5, 2, 3, 6), (4, 5, 2, 3, 6)),
    ],
)
def test_tables_are_maps_of_one_cell(shape, frames):
    assert as_frames(np.zeros(shape)).shape == frames


def test_masked_windows_bring_their_mask():
    table = noise(20, 1)
    table[4] = np.nan
    X, _ = make_windows(table, lookback=3, missing="mask")
    assert frame_shape(X) == (2, 1, 1)
    x = Samples(X, {}).batch(np.array([2]))[0]["x"][0, :, :, 0, 0]
    assert x[:, 0].tolist() == [table[2, 0], table[3, 0], 0]
    assert x[:, 1].tolist() == [1, 1, 0]


def test_lazy_targets_are_read_by_batch_too():
    X, y = map_windows()
    samples = Samples(X, {}, y)
    np.testing.assert_array_equal(samples.batch(np.array([3, 1]))[1], np.asarray(y)[[3, 1]])
