"""Count the package's own calls, and their files, from `fit` to the first loss.

Run as ``python -m benchmarks.speed.way_of_fit``; with ``--list`` it prints each call, indented by
its depth. Lambdas and comprehensions are not counted, and a generator counts once, however often it
goes on.
"""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd

import stforecast
from stforecast import ConvLSTMForecaster, make_windows

PACKAGE = f"{Path(stforecast.__file__).parent}{os.sep}"
FIRST_LOSS = "Loss.forward"


@dataclass
class Way:
    """Calls of the package's own functions, each with its depth among them and its file."""

    calls: list[tuple[int, str, str]] = field(default_factory=list)
    depth: int = 0
    ended: bool = False
    generators: list[FrameType] = field(default_factory=list)

    @property
    def files(self) -> set[str]:
        """Files that the calls are in."""
        return {file for _, file, _ in self.calls}

    def watch(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Note a call, for `sys.setprofile`."""
        path = frame.f_code.co_filename
        if self.ended or not path.startswith(PACKAGE):
            return
        if event == "return":
            self.depth -= 1
        elif event == "call":
            name = frame.f_code.co_qualname
            if "<" not in name.rpartition(".")[2] and not self.goes_on(frame):
                self.calls.append((self.depth, path.removeprefix(PACKAGE), name))
            self.depth += 1
            self.ended = name == FIRST_LOSS

    def goes_on(self, frame: FrameType) -> bool:
        """Return whether a frame is that of a generator that has yielded before."""
        if frame in self.generators:
            return True
        if frame.f_code.co_flags & inspect.CO_GENERATOR:
            self.generators.append(frame)
        return False


def way_of_fit() -> Way:
    """Return the way of the network alone, on windows of 14 rows of a table of 2 columns."""
    days = pd.date_range("2010-01-01", periods=120)
    table = pd.DataFrame({"a": np.sin(np.arange(120)), "b": np.cos(np.arange(120))}, index=days)
    X, y = make_windows(table, lookback=14, horizon=3)
    model = ConvLSTMForecaster(4, baseline=None, max_epochs=1, random_state=0, device="cpu")
    way = Way()
    sys.setprofile(way.watch)
    try:
        model.fit(X, y)
    finally:
        sys.setprofile(None)
    return way


def main() -> None:
    """Print how long the way is."""
    way = way_of_fit()
    print(f"{len(way.calls)} calls in {len(way.files)} files")
    if "--list" in sys.argv:
        print("\n".join(f"{'  ' * depth}{name} ({file})" for depth, file, name in way.calls))


if __name__ == "__main__":
    main()
