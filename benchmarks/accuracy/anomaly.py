"""The anomaly detector on real series, beside z-scores of seasonal residuals.

    python benchmarks/accuracy/anomaly.py [--data FOLDER] [--series NAME ...] [--seeds 3]

Each series is trained on in its first part, which holds no anomaly that we know of, and judged in
the rest by the area under the ROC curve of its scores, a row at a time. The setting is the same for
all series; it was found on anomalies of another seed. `anomaly_series.py` says which files FOLDER
holds; a series whose file is missing is left out. What a series gave is kept in
benchmarks/results/anomaly.json and not run again; the table is benchmarks/results/anomaly.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anomaly_series import Series, load_series, series_names
from environment import describe_machine
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast.estimators import (
    CNNLSTMForecaster,
    ConvLSTMForecaster,
    ForecastAnomalyDetector,
    RelativeForecaster,
    Training,
)
from stforecast.windows import Flatten, FoldTime, make_windows

RESULTS = Path(__file__).parents[1] / "results" / "anomaly.json"
HORIZON = 12


def from_profile(series: Series) -> np.ndarray:
    """Return how far each row is from the mean of its place in the season."""
    return _z(series.values - _profile(series.values, series), series)


def from_last_season(series: Series) -> np.ndarray:
    """Return how far each row is from that a season before."""
    x, s = series.values, series.season
    return _z(np.concatenate([np.zeros(s), x[s:] - x[:-s]]), series)


def from_trend_and_profile(series: Series) -> np.ndarray:
    """Return how far each row is from the mean of the season before it plus the profile."""
    x = pd.Series(series.values)
    trend = x.rolling(series.season, min_periods=1).mean().shift(1, fill_value=x.iloc[0])
    detrended = (x - trend).to_numpy()
    return _z(detrended - _profile(detrended, series), series)


def _profile(values: np.ndarray, series: Series) -> np.ndarray:
    place = np.arange(len(values)) % series.season
    known = values[: series.start], place[: series.start]
    means = np.array([known[0][known[1] == one].mean() for one in range(series.season)])
    return means[place]


def _z(residual: np.ndarray, series: Series) -> np.ndarray:
    known = residual[: series.start]
    return np.abs(residual - known.mean()) / known.std()


def detector(forecaster: Any) -> Callable[[Series], np.ndarray]:
    """Return what scores a series by the anomaly detector around a forecaster."""

    def scores(series: Series) -> np.ndarray:
        X, _ = make_windows(series.values, lookback=series.lookback + HORIZON, horizon=0)
        found = ForecastAnomalyDetector(
            RelativeForecaster(forecaster(series), level="mean"), horizon=HORIZON
        ).fit(X[X.ends <= series.start])
        strange = np.zeros(len(series.values))
        strange[X.ends - 1] = -found.score_samples(X)
        return strange

    return scores


def _training(seed: int) -> dict[str, Any]:
    return {
        "lr": 0.004, "max_epochs": 30, "random_state": seed, "device": "cpu",
        "training": Training(validation_fraction=0.15, patience=6),
    }  # fmt: skip


def _ridge(_: Series) -> Any:
    return make_pipeline(Flatten(), StandardScaler(), Ridge(10.0))


def _cnn_lstm(seed: int) -> Callable[[Series], Any]:
    return lambda series: make_pipeline(
        FoldTime(width=series.width), CNNLSTMForecaster((16,), (1, 5), 32, **_training(seed))
    )


def _convlstm(seed: int) -> Callable[[Series], Any]:
    return lambda series: make_pipeline(
        FoldTime(width=series.width), ConvLSTMForecaster(16, (1, 5), **_training(seed))
    )


Z_SCORES = {
    "z: seasonal profile": from_profile,
    "z: last season": from_last_season,
    "z: trend and profile": from_trend_and_profile,
}
RIDGE = "detector, ridge"
NETWORKS = {"detector, CNN-LSTM": _cnn_lstm, "detector, ConvLSTM": _convlstm}


def methods(seeds: int) -> dict[str, list[Callable[[Series], np.ndarray]]]:
    """Return all that is compared, what depends on a seed once for each."""
    fixed = {**Z_SCORES, RIDGE: detector(_ridge)}
    return {name: [one] for name, one in fixed.items()} | {
        name: [detector(make(seed)) for seed in range(seeds)] for name, make in NETWORKS.items()
    }


def area(series: Series, scores: np.ndarray) -> float:
    """Return the area under the ROC curve in the test part."""
    return roc_auc_score(series.anomalous[series.start :], scores[series.start :])


def table(kept: dict[str, dict[str, list[float]]], machine: str) -> Iterator[str]:
    """Yield the lines of the table."""
    names = list(methods(0))
    yield "# Anomalies\n"
    yield (
        "Area under the ROC curve, row by row in the test part; networks are means over 3 seeds ± "
        "their standard deviation, one seed where none is given. The best is bold.\n"
    )
    yield f"    {machine}\n"
    yield "| series | " + " | ".join(names) + " |"
    yield "|" + "---|" * (1 + len(names))
    for series, found in kept.items():
        best = max(np.mean(areas) for areas in found.values())
        yield f"| {series} | " + " | ".join(_cell(found[name], best) for name in names) + " |"
    means = {name: np.mean([np.mean(found[name]) for found in kept.values()]) for name in names}
    yield "| mean | " + " | ".join(f"{means[name]:.3f}" for name in names) + " |"
    yield ""
    for name in (RIDGE, *NETWORKS):
        yield f"- {name}: {_wins(kept, name)}"


def _cell(areas: list[float], best: float) -> str:
    spread = f" ± {np.std(areas):.3f}" if len(areas) > 1 else ""
    cell = f"{np.mean(areas):.3f}{spread}"
    return f"**{cell}**" if np.mean(areas) == best else cell


def _wins(kept: dict[str, dict[str, list[float]]], name: str) -> str:
    against = [
        f"{z} on {sum(np.mean(found[name]) > found[z][0] for found in kept.values())}"
        for z in Z_SCORES
    ]
    below = [
        series for series, found in kept.items()
        if np.mean(found[name]) <= max(found[z][0] for z in Z_SCORES)
    ]  # fmt: skip
    return (
        f"above {', '.join(against)} of {len(kept)} series; not above the best of the three on "
        f"{'; '.join(below) or 'none'}."
    )


def main() -> None:
    """Score what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--series", nargs="*", choices=series_names(), default=series_names())
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    for name in options.series:
        try:
            series = load_series(name, options.data)
        except FileNotFoundError as error:
            print(error)
            continue
        found = kept.setdefault(name, {})
        for method, makers in methods(options.seeds).items():
            areas = found.setdefault(method, [])
            for score in makers[len(areas) :]:
                areas.append(round(area(series, score(series)), 4))
                options.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            print(name, method, areas, flush=True)
    whole = {
        name: kept[name] for name in series_names() if len(kept.get(name, {})) == len(methods(0))
    }
    lines = list(table(whole, describe_machine()))
    options.out.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
