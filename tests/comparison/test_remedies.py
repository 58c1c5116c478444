"""What a message of compare proposes works on the input that was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from stforecast.comparison import Comparison, compare
from stforecast.model_selection import OriginSplit
from stforecast.windows import make_windows

SERIES = np.sin(np.arange(90.0)) + np.random.default_rng(0).normal(size=90)
CV = OriginSplit(2, test_size=10)
SIZES = {"lookback": 6, "horizon": 2}


def run(models: Any = None, data: Any = SERIES, metrics: Any = "mase", **sizes: Any) -> Comparison:
    cut = {} if isinstance(data, tuple) else SIZES
    return compare(["ridge"] if models is None else models, data, CV, metrics, **{**cut, **sizes})


def windows(horizon: int) -> tuple[Any, Any]:
    table = SERIES[:, None]
    return make_windows(table, lookback=6, horizon=horizon, target=None if horizon else [0])


PLAIN = tuple(map(np.asarray, windows(2)))
REMEDIES: dict[str, tuple[Callable[[], Any], str, Callable[[], Any]]] = {
    "a number for a metric": (
        lambda: run(metrics=3),
        "Pass 'neg_mean_absolute_error'",
        lambda: run(metrics="neg_mean_absolute_error"),
    ),
    "metrics of one name": (
        lambda: run(metrics=[lambda y, f: 0.0, lambda y, f: 1.0]),
        "Pass a dict",
        lambda: run(metrics={"one": lambda y, f: 0.0, "two": lambda y, f: 1.0}),
    ),
    "models of one name": (
        lambda: run([Ridge(), Ridge(2.0)]),
        "Pass a dict from name to model",
        lambda: run({"weak": Ridge(), "strong": Ridge(2.0)}),
    ),
    "models that are no collection": (
        lambda: run(3),
        "Pass {'ridge': 'ridge'}",
        lambda: run({"ridge": "ridge"}),
    ),
    "a series without sizes": (
        lambda: compare(["ridge"], SERIES, CV),
        "Pass lookback= and horizon=",
        lambda: compare(["ridge"], SERIES, CV, lookback=6, horizon=2),
    ),
    "sizes beside windows": (
        lambda: run(data=windows(2), lookback=6),
        "Give it to make_windows",
        lambda: run(data=windows(2)),
    ),
    "mase of plain arrays": (
        lambda: run([LinearRegression()], data=PLAIN),
        "Use 'neg_mean_absolute_error'",
        lambda: run([LinearRegression()], data=PLAIN, metrics="neg_mean_absolute_error"),
    ),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_a_proposed_call_works_where_the_first_was_refused(case: str) -> None:
    refused, proposal, mended = REMEDIES[case]
    with pytest.raises((TypeError, ValueError)) as caught:
        refused()
    assert proposal in str(caught.value)
    found = mended()
    assert isinstance(found, Comparison)
    assert np.isfinite(found.table[found.metrics[0]]["error"]).all()
