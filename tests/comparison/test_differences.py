"""The bootstrap of differences, on errors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from stforecast.comparison import PairedDifference, paired_difference
from stforecast.comparison._differences import RESAMPLES, draw_blocks
from stforecast.exceptions import ParameterError, ShapeError

NOISE = np.random.default_rng(0).normal(size=(2, 400))


def test_the_standard_error_of_independent_errors_is_that_of_their_mean() -> None:
    found = paired_difference(*NOISE)
    differences = NOISE[0] - NOISE[1]
    assert found.estimate == pytest.approx(differences.mean())
    assert found.standard_error == pytest.approx(differences.std() / 20, rel=0.03)
    assert found.low < found.estimate < found.high


def test_what_is_hard_for_both_cancels_out() -> None:
    hard = np.random.default_rng(1).uniform(1, 10, size=50)
    found = paired_difference(hard, hard + 1)
    assert (found.estimate, found.verdict) == (pytest.approx(-1), "ahead")
    assert found.standard_error < 1e-12


def test_errors_alike_among_neighbours_are_decided_by_blocks() -> None:
    alike = np.repeat(NOISE[0][:60], 5)
    apart, together = (paired_difference(alike, 0 * alike, block=block) for block in (1, 10))
    assert together.standard_error == pytest.approx(np.sqrt(5) * apart.standard_error, rel=0.25)


def test_the_blocks_hold_neighbours_and_the_last_meets_the_first() -> None:
    draws = np.concatenate(list(draw_blocks(7, 3, seed=0)))
    assert draws.shape == (RESAMPLES, 7)
    blocks = draws[:, :6].reshape(-1, 3)
    np.testing.assert_array_equal(np.diff(blocks, axis=1) % 7, np.ones((len(blocks), 2)))
    np.testing.assert_allclose(np.bincount(draws.ravel()) / draws.size, 1 / 7, rtol=0.03)


def test_many_origins_are_drawn_in_pieces_that_make_the_same_resamples() -> None:
    pieces = list(draw_blocks(500, 1, seed=3))
    assert len(pieces) > 1
    whole = np.random.default_rng(3).integers(0, 500, size=(RESAMPLES, 500))
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_roots_are_taken_of_mean_squares() -> None:
    found = paired_difference([3.0, 4.0], [0.0, 1.0], root=True)
    assert found.estimate == pytest.approx(np.sqrt(12.5) - np.sqrt(0.5))


def test_the_errors_of_runs_are_averaged() -> None:
    found = paired_difference([[4.0] * 5, [2.0] * 5], [1.0] * 5)
    assert found.estimate == pytest.approx(2.0)


@pytest.mark.parametrize("block", [3, 10, 11])
def test_fewer_than_four_blocks_decide_nothing(block: int) -> None:
    errors = np.arange(10.0)
    found = paired_difference(errors, errors + 5, block=block)
    assert (found.estimate, found.verdict) == (-5.0, "undecided")
    assert np.isnan(found.standard_error)


@pytest.mark.parametrize(
    ("estimate", "error", "verdict"),
    [(-2.0, 1.0, "ahead"), (2.0, 1.0, "behind"), (1.9, 1.0, "undecided"), (0.0, 0.0, "undecided")],
)
def test_two_standard_errors_decide(estimate: float, error: float, verdict: str) -> None:
    assert PairedDifference(estimate, error, 0.0, 0.0).verdict == verdict


def test_errors_of_other_origins_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"same origins, got 3 and 2 of them. Pass both for all"):
        paired_difference([1, 2, 3], [1, 2])
    with pytest.raises(ShapeError, match=r"second must hold finite errors .* Leave out origins"):
        paired_difference([1, 2], [1, np.nan])
    with pytest.raises(ParameterError, match="block must be an integer of at least 1, got 0"):
        paired_difference([1, 2], [1, 2], block=0)
