"""The share and the epochs that errors on blocks choose, and what they say is gained."""

from __future__ import annotations

import numpy as np
import pytest

from stforecast.estimators.baselines._share import (
    SHARES,
    BlockErrors,
    choose,
    has_gain,
    is_clearly_better,
)


def block(best_share: float, best_epoch: int, gain: float, runs: int = 6, seed: int = 0):
    """Errors of 1 without the network, of 1 - gain at one share after one epoch."""
    noise = np.random.default_rng(seed).normal(scale=0.01, size=runs)
    epochs = np.arange(8)[:, None, None]
    distance = (SHARES[:, None] - best_share) ** 2 / max(best_share, 0.1) ** 2
    late = 0.02 * (epochs - best_epoch) ** 2
    errors = 1 - gain * (1 - distance) * (SHARES[:, None] > 0) + late * (SHARES[:, None] > 0)
    return BlockErrors(errors + noise, np.full(runs, 5.0))


def test_share_and_epochs_are_those_of_the_least_loss():
    choice = choose([block(0.6, 4, 0.3, seed=i) for i in range(3)])
    taken = 0.6 * 18 / (18 + 16)  # of 18 runs
    assert choice.share == pytest.approx(taken)
    assert choice.epochs == 5
    assert choice.gain == pytest.approx(0.3 * (1 - (taken - 0.6) ** 2 / 0.6**2), rel=0.05)
    assert int(np.argmin(choice.losses)) == 4


@pytest.mark.parametrize("runs", [4, 16, 1000])
def test_the_more_runs_the_more_of_the_share_is_taken(runs):
    choice = choose([block(0.5, 2, 0.4, runs=runs, seed=i) for i in range(2)])
    assert choice.share == pytest.approx(0.5 * 2 * runs / (2 * runs + 16))
    errors = block(0.5, 2, 0.4).errors
    low, high = int(10 * choice.share), int(10 * choice.share) + 1
    part = 10 * choice.share - low
    between = (1 - part) * errors[:, low, 0] + part * errors[:, high, 0]
    assert np.asarray(choice.losses) == pytest.approx(between, abs=0.03)


def test_the_whole_share_is_taken_where_asked():
    choice = choose([block(0.6, 4, 0.3)], whole=True)
    assert choice.share == pytest.approx(0.6)
    assert choice.gain == pytest.approx(0.3, rel=0.05)


def test_a_gain_within_its_standard_error_gives_no_share():
    gains = [0.3, -0.28, 0.02]  # of blocks that contradict each other
    choice = choose([block(0.6, 4, gain, seed=i) for i, gain in enumerate(gains)])
    assert (choice.share, choice.gain) == (0.0, 0.0)
    assert choice.epochs >= 1


def test_a_part_of_a_share_that_blocks_contradict_is_not_taken():
    # at share 1 one block wins 0.3 and the other loses 0.3; a tenth of it would win on both
    def parabola(at_one):
        slope = -0.4
        return 1 + slope * SHARES + (at_one - 1 - slope) * SHARES**2

    blocks = []
    for at_one in (0.7, 1.3):
        errors = np.repeat(parabola(at_one)[None, :, None], 6, axis=2)
        blocks.append(BlockErrors(errors + np.zeros((1, 1, 6)), np.ones(6)))
    assert all(block.errors[0, 1, 0] < 1 for block in blocks)
    choice = choose(blocks)
    assert (choice.share, choice.gain) == (0.0, 0.0)


def test_the_gain_owes_nothing_to_the_choice():
    # a network that adds nothing: the best of 8 epochs x 11 shares still looks like a gain
    rng = np.random.default_rng(0)
    optimistic, crossed = [], []
    for _ in range(200):
        noise = rng.normal(scale=0.1, size=(3, 8, 11, 4))
        noise[:, :, 0] = noise[:, :1, 0]  # without the network, epochs change nothing
        blocks = [BlockErrors(1 + one, np.ones(4)) for one in noise]
        loss = np.mean([one.errors.mean(axis=2) for one in blocks], axis=0)
        optimistic.append(np.mean([one.errors[0, 0] for one in blocks]) - loss.min())
        crossed.append(choose(blocks).gain)
    assert np.mean(optimistic) > 0.05
    assert np.mean(crossed) < 0.03
    assert np.mean(np.array(crossed) == 0) > 0.7


def test_one_block_is_judged_by_its_halves():
    choice = choose([block(0.5, 2, 0.4, runs=10)])
    assert choice.share == pytest.approx(0.5 * 10 / 26)
    halves = block(0.5, 2, 0.4, runs=10)
    halves.errors[:, :, 5:] = 2 - halves.errors[:, :, 5:]  # what gained at first loses later
    assert choose([halves]).share == 0.0


def test_a_single_run_cannot_show_a_gain():
    assert choose([block(0.5, 2, 0.4, runs=1)]).share == 0.0


def test_training_that_stopped_early_counts_as_its_last_epoch():
    short = block(1.0, 1, 0.3)
    cut = BlockErrors(short.errors[:3], short.counts)
    assert choose([cut, block(1.0, 1, 0.3, seed=1), block(1.0, 1, 0.3, seed=2)]).epochs == 2


def test_runs_count_by_their_origins():
    rich, poor = block(1.0, 2, 0.5), block(1.0, 2, -0.5, seed=1)
    few = BlockErrors(poor.errors, np.full(6, 0.01))
    many = BlockErrors(rich.errors, np.full(6, 100.0))
    assert choose([many, BlockErrors(rich.errors, many.counts), few]).share > 0.8 * 12 / 28


def test_gains_that_pass_are_not_too_large_on_average():
    # a network that adds a little, seen through much noise: what passes is what looks large
    rng = np.random.default_rng(0)
    claimed, real = [], []
    for _ in range(400):
        noise = rng.normal(scale=0.1, size=(2, 1, 1, 8)) * SHARES[:, None]
        choice = choose(
            [BlockErrors(1 - 0.03 * SHARES[:, None] + one, np.ones(8)) for one in noise]
        )
        if choice.share:
            claimed.append(choice.gain)
            real.append(0.03 * choice.share)
    assert len(claimed) > 100
    assert np.mean(claimed) < 1.2 * np.mean(real)


def test_hope_is_a_gain_in_hindsight_beyond_its_standard_error():
    assert has_gain(block(0.6, 4, 0.3))
    assert not has_gain(block(0.6, 4, -0.3))
    assert has_gain(block(0.6, 4, -0.3, runs=1))  # a single run says nothing
    without = choose([block(0.6, 4, 0.3)], hope=False)
    assert (without.share, without.gain) == (0.0, 0.0)


def test_shares_are_chosen_by_sums_that_can_be_done_by_hand():
    # two blocks of two runs, one epoch; at share 1 they lose 0.5, 0.7, 0.4 and 0.8 instead of 1,
    # in a straight line, and their weights tell as much as 3.2 runs: 3.2 / 19.2 of it is taken
    counts = np.array([1.0, 3.0])
    blocks = []
    for losses in ([0.5, 0.7], [0.4, 0.8]):
        errors = 1 - SHARES[:, None] * (1 - np.array(losses))
        blocks.append(BlockErrors(errors[None], counts))
    gains, weights = np.array([0.5, 0.3, 0.6, 0.2]) / 6, np.array([1.0, 3.0, 1.0, 3.0])
    gain = (0.5 + 0.9 + 0.6 + 0.6) / 8 / 6
    spread = np.sum(weights * (gains - gain) ** 2) / 8
    error = np.sqrt(spread / (64 / 20 - 1))  # 8 squared over 1 + 9 + 1 + 9
    choice = choose(blocks)
    assert choice.share == pytest.approx(1 / 6)
    assert choice.gain == pytest.approx(gain - error**2 / gain)
    assert choice.losses == pytest.approx((1 - gain,))
    assert choice.epochs == 1


def test_runs_of_small_weight_do_not_make_an_error_smaller():
    errors = np.ones((1, len(SHARES), 52))
    errors[0, -1] = 0.5
    errors[0, -1, 1] = 1.1  # two runs gain 0.2 on average, with a standard error of 0.3
    counts = np.full(52, 1e-9)
    counts[:2] = 1
    assert not has_gain(BlockErrors(errors[:, :, :2], counts[:2]))
    assert not has_gain(BlockErrors(errors, counts))


def test_a_run_beside_which_others_weigh_nothing_says_nothing():
    errors = block(0.6, 4, -0.3).errors
    assert has_gain(BlockErrors(errors, np.array([1.0, 0, 0, 0, 0, 0])))
    assert not is_clearly_better(
        BlockErrors(block(0.6, 4, 0.3).errors, np.array([1.0, 0, 0, 0, 0, 0])),
        BlockErrors(errors, np.array([1.0, 0, 0, 0, 0, 0])),
    )


def test_only_ratios_of_counts_matter():
    blocks = [block(0.6, 4, 0.3, seed=i) for i in range(3)]
    scaled = [BlockErrors(each.errors, 1e-6 * each.counts) for each in blocks]
    found, expected = choose(scaled), choose(blocks)
    assert (found.share, found.epochs) == (expected.share, expected.epochs)
    assert found.gain == pytest.approx(expected.gain)


def test_one_network_is_clearly_better_beyond_the_standard_error_of_its_lead():
    good, bad = block(0.6, 4, 0.3), block(0.6, 4, 0.1)
    assert is_clearly_better(good, bad)
    assert not is_clearly_better(bad, good)
    assert not is_clearly_better(good, good)
    noisy = BlockErrors(bad.errors + np.array([0.9, -0.9, 0.9, -0.9, 0.9, -0.9]), bad.counts)
    assert not is_clearly_better(noisy, bad)
