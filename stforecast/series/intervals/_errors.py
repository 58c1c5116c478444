"""The errors of one series that its bounds are made from, as they come."""

from __future__ import annotations

import numpy as np

from stforecast.series.intervals._coverage import Share
from stforecast.series.intervals._scores import half_widths


class SeriesErrors:
    """The latest scores of one series, in order of time, and the share of them that bounds hold.

    Parameters
    ----------
    calibration : int
        Scores that bounds are made from.
    outputs : int
        Values forecast from an origin: steps times outputs or cells.
    reach : int
        Rows after an origin until its scores are known.
    share : Share
        What tells the share of scores to hold for a coverage.
    """

    def __init__(self, calibration: int, outputs: int, reach: int, share: Share) -> None:
        self.calibration = calibration
        self.reach = reach
        self.share = share.start(outputs, reach)
        self.scores = np.empty((0, outputs))

    @property
    def latest(self) -> np.ndarray:
        """The scores (n, outputs) that bounds are made from."""
        return self.scores[-self.calibration :]

    def add(self, fresh: np.ndarray) -> None:
        """Take in scores (n, outputs) of further origins, in place of the oldest."""
        scores = np.concatenate([self.scores, fresh])
        # the first ones come from origins that were held back, before there were any bounds
        for row in range(max(self.calibration, len(self.scores)), len(scores)):
            self.share.learn(scores[self._past_scores(row)], scores[row])
        # bounds of origins whose truth is to come were made from scores a reach older
        self.scores = scores[-(self.calibration + self.reach - 1) :].copy()

    def half_widths(self, coverage: float) -> np.ndarray:
        """Return the distance of bounds (outputs,) from a forecast, in units of the scale."""
        return half_widths(self.latest, self.share.find_share(coverage))

    def _past_scores(self, row: int) -> slice:
        """Return which scores bounds of a score's origin were made from.

        Its horizon was still to come then, and so were those of the origins less than a reach
        before it. Right after `fit` the scores held back stand in for what came before them.
        """
        stop = max(row - self.reach + 1, self.calibration)
        return slice(stop - self.calibration, stop)
