"""Tables of a panel's scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy.panels.scores import mase, owa, smape
from benchmarks.accuracy.panels.series import Panel
from benchmarks.lib.tables import markdown_table

Scores = dict[str, float]


def scores(panel: Panel, forecast: np.ndarray) -> Scores:
    """Return all scores of forecasts (series, horizon)."""
    return {
        "sMAPE": smape(panel.test, forecast),
        "MASE": mase(panel, forecast),
        "OWA": owa(panel, forecast),
        "MAE": float(np.abs(panel.test - forecast).mean()),
    }


def score_rows(panel: Panel, found: Mapping[str, np.ndarray]) -> Iterator[tuple[str, Scores]]:
    """Yield name and scores: of several seeds the mean of their scores, then the mean forecast."""
    for name, forecast in found.items():
        if forecast.ndim == 2:
            yield name, scores(panel, forecast)
            continue
        each = pd.DataFrame([scores(panel, one) for one in forecast])
        yield f"{name}, mean score of {len(forecast)} seeds", each.mean().to_dict()
        yield (
            f"{name}, forecasts of {len(forecast)} seeds averaged",
            scores(panel, forecast.mean(0)),
        )


def table(panel: Panel, found: Mapping[str, np.ndarray], m4: Path | None) -> str:
    """Return the scores of a panel, beside the published ones of M4 where it is that."""
    rows = sorted(score_rows(panel, found), key=lambda row: row[1]["MASE"])
    lines = [[name, *_cells(one)] for name, one in rows]
    title = f"## {panel.name}: {len(panel.train)} series, {panel.horizon} rows ahead"
    body = markdown_table(["forecast", "sMAPE", "MASE", "OWA", "MAE"], lines)
    if m4 is None or panel.name != "M4, hourly":
        return f"{title}\n\n{body}"
    return "\n\n".join([title, body, _places(rows, m4 / "published_hourly.csv")])


def _cells(one: Scores) -> list[str]:
    return [
        f"{one['sMAPE']:.3f}", f"{one['MASE']:.3f}", f"{one['OWA']:.3f}", f"{one['MAE']:.1f}"
    ]  # fmt: skip


def _places(rows: list[tuple[str, Scores]], path: Path) -> str:
    """Return the place that each network would have among the published entries."""
    entries = pd.read_csv(path)["OWA"].dropna()
    return "\n".join(
        f"- {name}: OWA {one['OWA']:.3f}, place {int((entries < one['OWA']).sum()) + 1} of "
        f"{len(entries) + 1} with the {len(entries)} published entries."
        for name, one in rows
        if name.startswith("ConvLSTM")
    )
