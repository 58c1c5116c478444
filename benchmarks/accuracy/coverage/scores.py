"""How bounds and quantiles of a stream are judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.lib.scores import mean_interval
from benchmarks.lib.tables import markdown_table

COVERAGES = (0.8, 0.95)
GRID = tuple(np.round(np.arange(0.05, 1, 0.05), 2))  # they stand for a distribution
ENDS = (0.025, 0.1, 0.9, 0.975)
PROBABILITIES = tuple(sorted({*GRID, *ENDS}))


@dataclass(frozen=True, eq=False)
class Judged:
    """Quantiles of a stream beside the truth.

    Parameters
    ----------
    stream, model, method : str
        What they are.
    quantiles : dict of float to ndarray of shape (origins, values)
        For each probability.
    truth : ndarray of shape (origins, values)
        What came to pass.
    block : int
        Origins that the bootstrap draws together.
    """

    stream: str
    model: str
    method: str
    quantiles: dict[float, np.ndarray]
    truth: np.ndarray
    block: int

    def covered(self, coverage: float) -> np.ndarray:
        """Return the share of values of each origin within the bounds."""
        low, high = self._bounds(coverage)
        return ((low <= self.truth) & (self.truth <= high)).mean(axis=1)

    def width(self, coverage: float) -> float:
        """Return the mean width of the bounds."""
        low, high = self._bounds(coverage)
        return float((high - low).mean())

    def interval(self, coverage: float) -> tuple[float, float]:
        """Return the 95 % interval of the share covered, from a bootstrap over blocks."""
        return mean_interval(self.covered(coverage), block=self.block)

    def agrees(self, coverage: float) -> bool:
        """Return whether the coverage asked for lies in that interval."""
        low, high = self.interval(coverage)
        return low <= coverage <= high

    def pinball(self, probabilities: tuple[float, ...] = ENDS) -> float:
        """Return the mean pinball loss of quantiles, by default the ends of both intervals."""
        losses = []
        for probability in probabilities:
            error = self.truth - self.quantiles[probability]
            losses.append(np.maximum(probability * error, (probability - 1) * error).mean())
        return float(np.mean(losses))

    def crps(self) -> float:
        """Return the continuous ranked probability score, twice the mean pinball loss."""
        return 2 * self.pinball(GRID)

    def _bounds(self, coverage: float) -> tuple[np.ndarray, np.ndarray]:
        tail = round((1 - coverage) / 2, 6)
        return self.quantiles[tail], self.quantiles[round(1 - tail, 6)]


def table(judged: list[Judged]) -> str:
    """Return a row for each method as markdown; coverage that disagrees is marked."""
    heads = [f"{text} {share:.0%}" for share in COVERAGES for text in ("covered", "width")]
    head = ["forecaster", "intervals", *heads, "pinball", "CRPS"]
    return markdown_table(head, map(_row, judged), texts=2)


def _row(one: Judged) -> list[str]:
    cells = [one.model, one.method]
    for coverage in COVERAGES:
        low, high = one.interval(coverage)
        mark = "" if one.agrees(coverage) else " **no**"
        share = one.covered(coverage).mean()
        cells.append(f"{share:.1%} ({100 * low:.1f} to {100 * high:.1f}){mark}")
        cells.append(f"{one.width(coverage):.4g}")
    return [*cells, f"{one.pinball():.4g}", f"{one.crps():.4g}"]
