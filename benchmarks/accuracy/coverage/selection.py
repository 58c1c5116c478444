"""Choosing how to calibrate, on blocks of the training rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy.coverage.methods import judge
from benchmarks.accuracy.coverage.scores import PROBABILITIES, Judged, table
from benchmarks.accuracy.coverage.streams import NETWORK, Stream, household, temperatures
from benchmarks.accuracy.household_power.protocol import load_daily, selection_blocks

HELD = {"household": (182, 364), "era5": (96,)}


def selected(era5: Path | None) -> Iterator[str]:
    """Yield a table for each stream of training rows, what to choose first."""
    yield "# Choosing how to calibrate, on training rows alone"
    blocks = selection_blocks(load_daily())
    yield choice("household power, daily", [
        [household(block, held, (NETWORK,)) for block in blocks] for held in HELD["household"]
    ])  # fmt: skip
    if era5 is not None:
        yield choice("ERA5 temperature, hourly maps", [
            [temperatures(era5, 600, held, (NETWORK,))] for held in HELD["era5"]
        ])  # fmt: skip


def choice(name: str, streams: list[list[Stream]]) -> str:
    """Return the methods of our network, over all blocks, lowest pinball loss first."""
    found = []
    for same in streams:
        judged = [judge(stream, NETWORK) for stream in same]
        found += [joined(one, same[0].held) for one in zip(*judged, strict=True)]
        print(table(found), flush=True)
    return f"## {name}\n\n{table(sorted(found, key=Judged.pinball))}"


def joined(blocks: tuple[Judged, ...], held: int) -> Judged:
    """Return what a method gave on all blocks as one."""
    quantiles = {
        probability: np.concatenate([one.quantiles[probability] for one in blocks])
        for probability in PROBABILITIES
    }
    truth = np.concatenate([one.truth for one in blocks])
    method = f"{blocks[0].method}, {held} held"
    return replace(blocks[0], method=method, truth=truth, quantiles=quantiles)
