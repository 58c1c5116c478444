"""How much of a network's correction to take, and after how many epochs, from errors on blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHARES = np.linspace(0.0, 1.0, 11)
# Runs of origins that earn a network half of the share that they choose. Of 8 to 64, 16 lost least
# on later rows of 74 stretches of short series, which no study of the library tests on.
HALF_TRUST = 16


@dataclass(frozen=True, eq=False)
class BlockErrors:
    """What forecasts of a block cost that did not learn from it.

    Parameters
    ----------
    errors : ndarray of shape (epochs, shares, runs)
        Mean loss of each run of consecutive origins, after each epoch of the network and with each
        of `SHARES` of its correction.
    counts : ndarray of shape (runs,)
        Origins in each run. Runs are long enough for their errors to be nearly independent.
    """

    errors: np.ndarray
    counts: np.ndarray

    def first(self, epochs: int) -> BlockErrors:
        """Return the errors of the first epochs."""
        return BlockErrors(self.errors[:epochs], self.counts)

    def halves(self) -> list[BlockErrors]:
        """Return the earlier and the later runs."""
        middle = len(self.counts) // 2
        parts = (slice(None, middle), slice(middle, None))
        return [BlockErrors(self.errors[:, :, runs], self.counts[runs]) for runs in parts]


@dataclass(frozen=True)
class Choice:
    """What blocks say of a network.

    Parameters
    ----------
    share : float
        Share of the network's correction, in [0, 1].
    gain : float
        Part of the baseline's loss that the correction avoids on blocks which did not choose its
        share and epochs; 0 where the share is, NaN where there was no block.
    epochs : int
        Epochs after which the loss is least.
    losses : tuple of float
        Mean loss after each epoch at that share, at share 1 where it is 0.
    """

    share: float
    gain: float
    epochs: int
    losses: tuple[float, ...]


def choose(blocks: Sequence[BlockErrors], *, hope: bool = True, whole: bool = False) -> Choice:
    """Return the share and the epochs of the least loss; the share is 0 without hope.

    A few runs choose a share that suits them, and later ones less: of n runs, n / (n + 16) of it
    is taken, or all of it where `whole` says so.

    Gains are measured crosswise: on each block (each half of a single one) with the share and the
    epochs that the others choose, so that they owe nothing to the choice. Unless that of the whole
    share exceeds its standard error over the runs, the share is 0. Gains that pass are too large on
    average, since only large ones do; that of what is taken is shrunk as James and Stein (1961)
    shrink a mean.
    """
    blocks = _pad_epochs([block for block in blocks if block.counts.sum()])
    errors, counts = _join_errors(blocks)
    number = _effective_number(counts)
    trust = 1.0 if whole else number / (number + HALF_TRUST)
    without, gain, error = _cross_gain(blocks, trust)
    losses = np.average(errors, axis=2, weights=counts)
    epoch, share = _take_share(blocks, trust)
    if hope and share > 0 and _has_cross_gain(blocks):
        shrunk = max(0.0, gain - error**2 / gain) if gain > 0 else 0.0
        part = shrunk / max(without, np.finfo(float).tiny)
        at_share = _interpolate_losses(losses, share)
        return Choice(share, part, epoch + 1, tuple(at_share.tolist()))
    column = 0 if np.ptp(losses[:, 0]) else -1  # without spread, share 0 says nothing of epochs
    without_share = losses[:, column]
    return Choice(0.0, 0.0, int(np.argmin(without_share)) + 1, tuple(without_share.tolist()))


def has_gain(block: BlockErrors) -> bool:
    """Return whether some share would have helped on a block beyond a standard error."""
    if _effective_number(block.counts) <= 1:
        return True
    gains = block.errors[_find_least([block], shares=1)] - block.errors[_find_least([block])]
    gain = float(np.average(gains, weights=block.counts))
    return gain > _standard_error(gains, block.counts)


def is_clearly_better(block: BlockErrors, other: BlockErrors) -> bool:
    """Return whether one network loses less than another on a block, beyond a standard error.

    Each counts with the share and the epochs that suit it best.
    """
    if not block.counts.sum():
        return False
    gains = other.errors[_find_least([other])] - block.errors[_find_least([block])]
    gain = float(np.average(gains, weights=block.counts))
    return gain > _standard_error(gains, block.counts)


def _has_cross_gain(blocks: Sequence[BlockErrors]) -> bool:
    """Return whether the whole share that other blocks choose gains beyond a standard error.

    A part of it would gain a little on blocks that contradict each other, too.
    """
    _, gain, error = _cross_gain(blocks, 1.0)
    return gain > error


def _cross_gain(blocks: Sequence[BlockErrors], trust: float) -> tuple[float, float, float]:
    """Return the mean loss at share 0, what a part of the share gains, and its standard error."""
    counts = _join_errors(blocks)[1]
    without, with_share = _cross_validate(blocks, trust)
    gains = without - with_share
    loss, gain = (float(np.average(each, weights=counts)) for each in (without, gains))
    return loss, gain, _standard_error(gains, counts)


def _cross_validate(blocks: Sequence[BlockErrors], trust: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses of runs at share 0, and at a part of the share that other blocks choose.

    The epochs are those that the others choose too.
    """
    if len(blocks) == 1:
        blocks = [half for half in blocks[0].halves() if len(half.counts)]
    without, with_share = [], []
    for i, block in enumerate(blocks):
        others = [*blocks[:i], *blocks[i + 1 :]] or blocks
        without.append(block.errors[_find_least(others, shares=1)])
        epoch, share = _take_share(others, trust)
        with_share.append(_interpolate_losses(block.errors[epoch].T, share))
    return np.concatenate(without), np.concatenate(with_share)


def _take_share(blocks: Sequence[BlockErrors], trust: float) -> tuple[int, float]:
    """Return a part of the share of the least loss, and the epoch of the least loss with it."""
    errors, counts = _join_errors(blocks)
    share = trust * float(SHARES[_find_least(blocks)[1]])
    losses = _interpolate_losses(np.average(errors, axis=2, weights=counts), share)
    return int(np.argmin(losses)), share


def _interpolate_losses(losses: np.ndarray, share: float) -> np.ndarray:
    """Return losses at a share between two of `SHARES`, whose losses (..., shares) are known."""
    place = share * (len(SHARES) - 1)
    low = min(int(place), len(SHARES) - 2)
    rest = place - low
    return np.asarray((1 - rest) * losses[..., low] + rest * losses[..., low + 1])


def _find_least(blocks: Sequence[BlockErrors], shares: int | None = None) -> tuple[int, int]:
    """Return epoch and share, one of the first `shares`, of the least loss."""
    errors, counts = _join_errors(blocks)
    losses = np.average(errors[:, :shares], axis=2, weights=counts)
    epoch, share = np.unravel_index(np.argmin(losses), losses.shape)
    return int(epoch), int(share)


def _join_errors(blocks: Sequence[BlockErrors]) -> tuple[np.ndarray, np.ndarray]:
    errors = np.concatenate([block.errors for block in blocks], axis=2)
    return errors, np.concatenate([block.counts for block in blocks])


def _pad_epochs(blocks: Sequence[BlockErrors]) -> list[BlockErrors]:
    """Return blocks of as many epochs: where training stopped early, the last epoch goes on."""
    epochs = max(len(block.errors) for block in blocks)
    return [
        BlockErrors(
            np.pad(block.errors, ((0, epochs - len(block.errors)), (0, 0), (0, 0)), mode="edge"),
            block.counts,
        )
        for block in blocks
    ]


def _standard_error(gains: np.ndarray, counts: np.ndarray) -> float:
    """Return the standard error of the weighted mean of gains, infinite for a single one."""
    number = _effective_number(counts)
    if number <= 1:
        return float("inf")
    mean = np.average(gains, weights=counts)
    spread = np.average((gains - mean) ** 2, weights=counts)
    return float(np.sqrt(spread / (number - 1)))


def _effective_number(counts: np.ndarray) -> float:
    """Return how many runs of equal counts would tell as much (Kish, 1965, Survey Sampling).

    A few runs that hold most of the weight tell little more than these few.
    """
    total = counts.sum()
    return float(1 / np.sum((counts / total) ** 2)) if total else 0.0
