"""How intervals are calibrated, and what each way gives along a stream."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.coverage.scores import PROBABILITIES, Judged, table
from benchmarks.accuracy.coverage.streams import (
    DROPOUT,
    ENSEMBLE,
    NAIVE,
    NETWORK,
    QUANTILES,
    Stream,
)
from stforecast import SeriesForecaster
from stforecast.series import AdaptiveConformal, SplitConformal

RATES = (0.005, 0.02, 0.05)
RATE = 0.02  # of what is not selected


def judge(stream: Stream, model: str) -> list[Judged]:
    """Return what the methods of a model give on a stream; it is trained once."""
    trained = train(stream, model)
    found = [
        follow(stream, model, name, trained, part, updates)
        for name, part, updates in methods(model, stream.held)
    ]
    print(table(found), flush=True)
    if model == NETWORK and find_spec("mapie") and not np.ndim(stream.series) > 1:
        from benchmarks.accuracy.coverage.peers import mapie_adaptive

        found.append(mapie_adaptive(stream, model, trained, rate=RATE))
    return found


def methods(model: str, held: int) -> list[tuple[str, Any, bool]]:
    """Return name, calibration and whether rows that come are shown, of what fits a model."""
    plain = SplitConformal(held)
    sliding = [("fixed", plain, False), ("sliding", plain, True)]
    if model == NAIVE:
        return [*sliding, (f"adaptive {RATE}", AdaptiveConformal(plain, rate=RATE), True)]
    if model in (QUANTILES, DROPOUT, ENSEMBLE):
        own = SplitConformal(held, scale="estimator")
        raw = [("as trained", 0, False)] if model == QUANTILES else []
        adaptive = AdaptiveConformal(own, rate=RATE)
        return [
            *raw,
            ("own spread, sliding", own, True),
            (f"own spread, adaptive {RATE}", adaptive, True),
        ]
    scaled = SplitConformal(held, scale=size_of_errors())
    return [
        *sliding,
        ("scaled, sliding", scaled, True),
        *[(f"adaptive {rate}", AdaptiveConformal(plain, rate=rate), True) for rate in RATES],
        *[
            (f"scaled, adaptive {rate}", AdaptiveConformal(scaled, rate=rate), True)
            for rate in RATES
        ],
    ]


def size_of_errors() -> Pipeline:
    """Return what learns the size of errors from a window and the calendar."""
    return make_pipeline(StandardScaler(), Ridge(300.0))


def train(stream: Stream, model: str) -> SeriesForecaster:
    """Return a forecaster trained on all rows but those judged and those held back."""
    estimator, lookback = stream.models[model]
    started = time.perf_counter()
    trained = SeriesForecaster(
        estimator, lookback=lookback, horizon=stream.horizon, calibration=stream.held
    ).fit(stream.series[: stream.first], known=stream.known)
    print(f"{stream.name}, {model}: {time.perf_counter() - started:.0f} s", flush=True)
    return trained


def follow(
    stream: Stream, model: str, method: str, trained: SeriesForecaster, part: Any, updates: bool
) -> Judged:
    """Return the quantiles of a calibration along a stream, by a model trained before."""
    forecaster = SeriesForecaster(
        frozen(trained.estimator_), lookback=trained.lookback, horizon=stream.horizon,
        calibration=part,
    ).fit(stream.series[: stream.first], known=stream.known)  # fmt: skip
    quantiles: dict[float, list[np.ndarray]] = {probability: [] for probability in PROBABILITIES}
    truth = []
    for start in range(stream.first, len(stream.series) - stream.horizon + 1, stream.horizon):
        seen = None if updates else stream.series[:start]
        found = forecaster.forecast_quantiles(
            seen, quantiles=PROBABILITIES, known=_known(stream, updates)
        )
        for probability, values in found.items():
            quantiles[probability].append(np.asarray(values).ravel())
        rows = stream.series[start : start + stream.horizon]
        truth.append(np.asarray(rows).ravel())
        if updates:
            forecaster.update(rows)
    stacked = {probability: np.array(values) for probability, values in quantiles.items()}
    return Judged(stream.name, model, method, stacked, np.array(truth), stream.block)


def frozen(estimator: Any) -> Any:
    """Return a trained estimator that `fit` leaves as it is; the steps before it learn nothing."""
    if isinstance(estimator, Pipeline):
        return make_pipeline(*map(clone, estimator[:-1]), FrozenEstimator(estimator[-1]))
    return FrozenEstimator(estimator)


def _known(stream: Stream, updates: bool) -> Any:
    return None if updates else stream.known
