"""Covariates that are the answer: what is forecast, passed as if it were known ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from stforecast.windows import Windows

_PROBE = 64  # windows that tell most columns apart, before all are compared


def check_no_answers(X: Windows, y: Any) -> None:
    """Raise if a covariate known ahead holds what is forecast, at each row that there is.

    Backtests would look it up, while forecasts have none to look up.
    """
    target = X.target
    if target is None or "known" not in X.parts or len(target.frame) > 1 or not X.in_memory:
        return
    known, truth = _first_steps(X, y, np.linspace(0, len(X) - 1, min(len(X), _PROBE)).astype(int))
    pairs = np.argwhere(_is_same(known[:, :, None], truth[:, None]))
    if not len(pairs):
        return
    known, truth = _first_steps(X, y, np.arange(len(X)))
    for column, output in pairs:
        if _varies(truth[:, output]) and _is_same(known[:, column], truth[:, output]):
            labels = target.labels.names if target.labels else ()
            name = _name(X.names.get("known"), column)
            raise ValueError(
                f"known must hold what is known ahead, but its {name} holds the target"
                f"{_suffix(labels, output)} itself at every row, which nobody knows ahead. "
                "Leave it out of known."
            )


def _first_steps(X: Windows, y: Any, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return covariates (n, K) and targets (n, outputs) of the first step of some windows."""
    assert X.target is not None
    known = np.asarray(X.parts["known"][rows])
    truth = np.asarray(_safe_indexing(y, rows)).reshape(len(rows), X.target.horizon, -1)
    return known[:, 0], truth[:, 0]


def _is_same(known: np.ndarray, truth: np.ndarray) -> Any:
    """Return whether covariates are the targets at each row that has them."""
    return ((known == truth) | np.isnan(truth)).all(axis=0)


def _varies(truth: np.ndarray) -> bool:
    """Whether targets differ: a flag may well be as constant as they are."""
    present = truth[~np.isnan(truth)]
    return bool((present != present[:1]).any())


def _name(names: Any, column: int) -> str:
    return f"column {int(column)}" if names is None else f"column {names[column]!r}"


def _suffix(names: Any, output: int) -> str:
    return f" {names[output]!r}" if len(names) else ""
