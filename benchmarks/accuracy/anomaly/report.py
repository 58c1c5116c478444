"""The comparison of anomaly detectors as a table, and in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.anomaly.methods import NETWORKS, RIDGE, Z_SCORES
from benchmarks.lib.tables import highest_in_bold, markdown_table

Areas = dict[str, dict[str, list[float]]]  # by series and method, one for each seed

NAMES = (*Z_SCORES, RIDGE, *NETWORKS)


def report(kept: Areas, machine: str) -> str:
    """Return a table of the series that all methods have scored, and what wins where."""
    note = (
        "Area under the ROC curve, row by row in the test part; networks are means over 3 seeds ± "
        "their standard deviation, one seed where none is given. The best is bold."
    )
    whole = {series: found for series, found in kept.items() if all(map(found.get, NAMES))}
    return "\n\n".join(
        [
            "# Anomalies",
            note,
            f"    {machine}",
            markdown_table(["series", *NAMES], _rows(whole)),
            "\n".join(f"- {name}: {_wins(whole, name)}" for name in (RIDGE, *NETWORKS)),
        ]
    )


def _rows(kept: Areas) -> Iterator[list[str]]:
    for series, found in kept.items():
        yield [series, *highest_in_bold(found[name] for name in NAMES)]
    means = [np.mean([np.mean(found[name]) for found in kept.values()]) for name in NAMES]
    yield ["mean", *(f"{mean:.3f}" for mean in means)]


def _wins(kept: Areas, name: str) -> str:
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
