"""Scores of maps in the form that searches take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from stforecast._validation import as_floats, check_choice, check_integer, check_number
from stforecast.exceptions import ShapeError
from stforecast.metrics._events import (
    critical_success_index,
    false_alarm_ratio,
    heidke_skill_score,
    probability_of_detection,
)
from stforecast.metrics._fractions import fractions_skill_score
from stforecast.windows import Windows

_SCORES: dict[str, Callable[..., Any]] = {
    "csi": critical_success_index,
    "pod": probability_of_detection,
    "neg_far": false_alarm_ratio,
    "hss": heidke_skill_score,
    "fss": fractions_skill_score,
}


def map_scorer(
    name: str, *, threshold: float, scale: int | None = None, step: int | None = None
) -> Callable[[Any, Any, Any], float]:
    """Return a scorer of events on maps, for `scoring=` of a search.

    Parameters
    ----------
    name : {"csi", "pod", "neg_far", "hss", "fss"}
        The score: `critical_success_index`, `probability_of_detection`, `false_alarm_ratio` with
        its sign changed, so that greater is better, `heidke_skill_score` or
        `fractions_skill_score`.
    threshold : float
        Values of at least this are events, in the units of the targets.
    scale : int, default=None
        Rows and columns of the square of "fss", in cells.
    step : int, default=None
        Step of the horizon that is scored, from 1; all of them by default.

    Returns
    -------
    callable
        A scorer, ``scorer(estimator, X, y)``.

    Raises
    ------
    ValueError
        If the score is unknown, `threshold` is not finite, `scale` or `step` is below 1, or `scale`
        is given for another than "fss" or left out for it.

    Notes
    -----
    Targets that are NaN, as of masked windows, are left out. Where no event can be scored, the
    score is NaN: choose a threshold that the test folds reach.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import Persistence
    >>> from stforecast.metrics import map_scorer
    >>> maps = np.random.default_rng(0).random((30, 8, 8))
    >>> X, y = make_windows(maps, lookback=2, horizon=3)
    >>> score = map_scorer("fss", threshold=0.5, scale=3, step=1)
    >>> round(score(Persistence().fit(X, y), X, y), 1)
    0.9
    """
    check_choice("name", name, tuple(_SCORES))
    if (name == "fss") != (scale is not None):
        raise ValueError(
            f"scale is the square of 'fss', which needs one, got scale={scale} for {name!r}. Give "
            "scale=5, or leave it out for the other scores."
        )
    options: dict[str, Any] = {"threshold": check_number("threshold", threshold, float("-inf"))}
    if scale is not None:
        options["scale"] = check_integer("scale", scale, 1)
    return _MapScorer(name, options, None if step is None else check_integer("step", step, 1))


@dataclass(frozen=True)
class _MapScorer:
    """A score of maps, greater is better."""

    name: str
    options: dict[str, Any]
    step: int | None

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        truth, forecast = as_floats("y", y), as_floats("y_pred", estimator.predict(X))
        frame = _frame(X)
        maps = [self._maps(values, frame) for values in (truth, forecast)]
        score = float(_SCORES[self.name](*maps, **self.options))
        # searches maximise, and false alarms are to be few
        return -score if self.name.startswith("neg_") else score

    def _maps(self, y: np.ndarray, frame: tuple[int, ...]) -> np.ndarray:
        """Return maps (n, steps, ..., H, W), of one step where asked."""
        values = y.reshape(len(y), -1)
        if values.shape[1] % prod(frame):
            raise ShapeError(
                f"A score of maps needs targets of whole maps of {frame}, got {values.shape[1]} "
                "values per window. Forecast maps, or use a scorer of scikit-learn."
            )
        maps = values.reshape(len(values), -1, *frame)  # targets are step-major
        if self.step is None:
            return maps
        if self.step > maps.shape[1]:
            raise ValueError(
                f"step must be one of the {maps.shape[1]} steps of the horizon, got {self.step}. "
                "Lower it, or leave it out to score all steps."
            )
        return maps[:, self.step - 1]


def _frame(X: Any) -> tuple[int, ...]:
    """Return the shape of a map of the targets: of windows they know it, else as the frames."""
    if isinstance(X, Windows) and X.target is not None:
        return X.target.frame
    return tuple(np.shape(X)[2:]) or (1,)
