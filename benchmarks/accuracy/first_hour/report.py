"""The comparison as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.accuracy.first_hour.methods import ALONE, NETWORKS, methods
from benchmarks.lib.tables import markdown_table

Found = dict[str, dict[str, dict[str, float]]]  # by series and method


def report(kept: Found, part: str, machine: str) -> str:
    """Return the errors of all methods, and what each network added to its baseline."""
    names = [name for name in methods() if all(name in found for found in kept.values())]
    networks = [name for name in NETWORKS if name in names]
    note = (
        f"MASE on the {part} part: mean absolute error in units of that of the seasonal naive "
        f"forecast in training. Networks `{ALONE.strip(', ')}` have `baseline=None`."
    )
    return "\n\n".join(
        [
            "# The first hour",
            note,
            f"    {machine}",
            markdown_table(["series", *names], _errors(kept, names)),
            "What networks add: share of the correction / gain on blocks / gain later.",
            markdown_table(["series", *networks], _gains(kept, networks)),
        ]
    )


def _errors(kept: Found, names: list[str]) -> Iterator[list[str]]:
    for series, found in kept.items():
        yield [series, *(f"{found[name]['mase']:.3f}" for name in names)]
    table = np.array([[found[name]["mase"] for name in names] for found in kept.values()])
    yield ["geometric mean", *(f"{one:.3f}" for one in np.exp(np.log(table).mean(axis=0)))]
    worst = (table / table[:, :1]).max(axis=0)
    yield ["worst against seasonal naive", *(f"{one:.2f}" for one in worst)]


def _gains(kept: Found, networks: list[str]) -> Iterator[list[str]]:
    for series, found in kept.items():
        yield [series, *(_gain(found[name]) for name in networks)]
    rows = [[found[name] for name in networks] for found in kept.values()]
    yield ["mean", *(_mean_gain(column) for column in zip(*rows, strict=True))]


def _gain(one: dict[str, float]) -> str:
    if "later" not in one:
        return ""
    return f"{one['share']:.1f} / {one['gain']:+.3f} / {one['later']:+.3f}"


def _mean_gain(column: Any) -> str:
    measured = [one for one in column if "later" in one and np.isfinite(one["gain"])]
    if not measured:
        return ""
    means = [np.mean([one[name] for one in measured]) for name in ("share", "gain", "later")]
    return f"{means[0]:.1f} / {means[1]:+.3f} / {means[2]:+.3f}"
