"""What a ConvLSTM layer costs, in training and forward, beside the loop that everyone writes.

Run with ``python -m benchmarks.speed.convlstm``; ``--help`` names the options. Ways take their
turns in every round of one process; a ratio is the median over rounds of the loop's seconds over
the way's. Every way is checked to give the loop's numbers first. Peers with packages of their own
run in an environment that ``--peers`` names, and take their turns too.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.lib.machine import describe_machine, peak_bytes
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.loops import EightConvolutions, Loop
from benchmarks.speed.timing import Times, in_turns, median_ratio
from stforecast.nn import ConvLSTM
from stforecast.nn.kernels.loader import find_kernel


@dataclass(frozen=True)
class Setting:
    """Windows, a layer's channels, and its kernel."""

    B: int
    T: int
    C: int
    F: int
    grid: tuple[int, int]
    kernel: tuple[int, int]

    def sizes(self) -> list[int]:
        """Return all of it as the peers read it."""
        return [self.B, self.T, self.C, self.F, *self.grid, *self.kernel]

    def operations(self) -> dict[str, int]:
        """Return the multiplications and additions of a pass, frames without a slope."""
        cells = self.B * self.T * self.grid[0] * self.grid[1]
        each = 8 * self.F * cells * self.kernel[0] * self.kernel[1]
        return {"forward": each * (self.C + self.F), "train": each * (2 * self.C + 3 * self.F)}


SHAPES = {
    "64x14x8x1x7, hidden 64, k (1,3)": Setting(64, 14, 8, 64, (1, 7), (1, 3)),
    "32x7x8x7x24, hidden 32, k 3": Setting(32, 7, 8, 32, (7, 24), (3, 3)),
    "4x10x16x16x16, hidden 64, k 5": Setting(4, 10, 16, 64, (16, 16), (5, 5)),
    "8x12x1x32x32, hidden 32, k 3": Setting(8, 12, 1, 32, (32, 32), (3, 3)),
}
SMALL = {
    "week, 8 channels": Setting(64, 8, 8, 8, (1, 7), (1, 3)),
    "week, 16 channels": Setting(64, 8, 8, 16, (1, 7), (1, 3)),
    "week, 32 channels": Setting(64, 8, 8, 32, (1, 7), (1, 3)),
    "day of 24 hours": Setting(64, 7, 8, 16, (1, 24), (1, 3)),
    "table, 28 steps": Setting(64, 28, 8, 16, (1, 1), (1, 1)),
    "table, kernel 3x3": Setting(64, 28, 8, 16, (1, 1), (3, 3)),
    "map 4 x 7": Setting(32, 8, 1, 16, (4, 7), (3, 3)),
    "map 16 x 16": Setting(16, 10, 1, 16, (16, 16), (3, 3)),
    "map 33 x 49": Setting(8, 10, 1, 16, (33, 49), (3, 3)),
}
BASE = Setting(8, 8, 8, 32, (16, 16), (3, 3))
GROWTH = {
    "T": {T: Setting(8, T, 8, 32, (16, 16), (3, 3)) for T in (4, 8, 16, 32, 64)},
    "cells": {n * n: Setting(8, 8, 8, 32, (n, n), (3, 3)) for n in (4, 8, 16, 32, 64)},
    "channels": {F: Setting(8, 8, 8, F, (16, 16), (3, 3)) for F in (8, 16, 24, 32, 48, 64, 96)},
}
PASSES = ("train", "forward")
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Way = Callable[[str], float]  # from "train" or "forward" to seconds


def make_ways(setting: Setting, clock: Callable[[], float]) -> dict[str, Way]:
    """Return the ways in torch, all of the same weights, checked against the loop."""
    B, T, C, F = setting.B, setting.T, setting.C, setting.F
    torch.manual_seed(0)
    layer, x = ConvLSTM(C, F, setting.kernel), torch.randn(B, T, C, *setting.grid)
    modules = {"loop": Loop(layer), "eight convolutions": EightConvolutions(layer)}
    modules["stforecast"] = _Output(layer)
    with torch.no_grad():
        wanted = modules["loop"](x)
        for module in modules.values():
            torch.testing.assert_close(module(x), wanted, atol=1e-5, rtol=1e-4)
    return {name: partial(_seconds, module, x, clock) for name, module in modules.items()}


class _Output(torch.nn.Module):
    def __init__(self, layer: ConvLSTM) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the output alone, as the loops do."""
        output: Tensor = self.layer(x)[0]
        return output


def _seconds(module: torch.nn.Module, x: Tensor, clock: Callable[[], float], part: str) -> float:
    if part == "train":
        module.zero_grad()
        start = clock()
        module(x).square().mean().backward()
        return clock() - start
    with torch.inference_mode():
        start = clock()
        module(x)
        return clock() - start


@contextmanager
def peer_ways(python: str | None, setting: Setting) -> Iterator[dict[str, Way]]:
    """Give the ways of another environment; none without one."""
    with ExitStack() as stack:
        ways = {}
        for name in ("keras", "jax") if python else ():
            threads = [str(torch.get_num_threads()), *map(str, setting.sizes())]
            command = [str(python), str(Path(__file__).with_name("peer.py")), name, *threads]
            process = stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
                )
            )
            stack.callback(process.stdin.close)
            ways[name] = partial(_ask, process)
        yield ways


def _ask(process: Any, part: str) -> float:
    process.stdin.write(f"{part}\n")
    return float(process.stdout.readline())


def measure(
    setting: Setting, rounds: int, clock: Callable[[], float], python: str | None = None
) -> dict[str, Times]:
    """Return the seconds of every way in every round, in training and forward."""
    with peer_ways(python, setting) as peers:
        ways = make_ways(setting, clock) | peers
        for way in ways.values():
            for part in PASSES:
                way(part)
        return {
            part: in_turns({name: partial(way, part) for name, way in ways.items()}, rounds)
            for part in PASSES
        }


def matrix_peak(clock: Callable[[], float], size: int = 1024) -> float:
    """Return the operations a second of torch's matrix product, the best of several."""
    a = torch.randn(size, size)

    def once() -> float:
        start = clock()
        a @ a
        return 2 * size**3 / max(clock() - start, 1e-9)

    return max(once() for _ in range(20))


def compare(
    settings: Mapping[str, Setting], rounds: int, clock: Callable[[], float], python: str | None
) -> str:
    """Return a table of settings: how many times faster than the loop each way is."""
    found = {name: measure(one, rounds, clock, python) for name, one in settings.items()}
    ways = [name for name in next(iter(found.values()))["train"] if name != "loop"]
    peak = matrix_peak(clock)
    rows = [_row(name, settings[name], found[name], ways, peak) for name in settings]
    means = [
        f"{statistics.geometric_mean(_ratio(times[part], way) for times in found.values()):.2f}"
        for way in ways
        for part in PASSES
    ]
    head = ["setting", "loop, ms", *(f"{way}, train / forward" for way in ways), "of peak"]
    pairs = [f"{a} / {b}" for a, b in zip(means[::2], means[1::2], strict=True)]
    return markdown_table(head, [*rows, ["geometric mean", "", *pairs, ""]])


def _row(
    name: str, setting: Setting, times: dict[str, Times], ways: list[str], peak: float
) -> list[str]:
    loop = [1e3 * statistics.median(times[part]["loop"]) for part in PASSES]
    cells = [" / ".join(f"{_ratio(times[part], way):.2f}" for part in PASSES) for way in ways]
    done = setting.operations()
    shares = [done[part] / min(times[part]["stforecast"]) / peak for part in PASSES]
    pairs = f"{loop[0]:.2f} / {loop[1]:.2f}", f"{shares[0]:.0%} / {shares[1]:.0%}"
    return [name, pairs[0], *cells, pairs[1]]


def _ratio(times: Times, way: str) -> float:
    return median_ratio(times["loop"], times[way])


def growth(rounds: int, clock: Callable[[], float]) -> str:
    """Return a table of nanoseconds a step, cell and channel, as each grows."""
    rows = []
    for name, settings in GROWTH.items():
        for size, setting in settings.items():
            times = measure(setting, rounds, clock)
            each = setting.B * setting.T * setting.grid[0] * setting.grid[1] * setting.F
            costs = [
                f"{1e9 * statistics.median(times[part][way]) / each:.1f}"
                for way in ("stforecast", "loop")
                for part in PASSES
            ]
            rows.append([name, str(size), *costs])
    head = ["grows", "to", "train, ns", "forward, ns", "loop train, ns", "loop forward, ns"]
    return markdown_table(head, rows)


def memory() -> str:
    """Return a table of the megabytes that a step adds to the largest size of a fresh process."""
    rows = []
    for name, setting in SHAPES.items():
        sizes = [str(_added(way, setting)) for way in ("stforecast", "loop")]
        rows.append([name, *sizes])
    return markdown_table(["setting", "stforecast, MB", "loop, MB"], rows)


def _added(way: str, setting: Setting) -> int:
    command = [sys.executable, "-m", "benchmarks.speed.convlstm", "--added", way]
    done = subprocess.run(
        [*command, *map(str, setting.sizes())], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def added_megabytes(way: str, sizes: list[int]) -> int:
    """Return how much the largest size of this process grows by one step of training."""
    B, T, C, F, H, W, kH, kW = sizes
    layer = ConvLSTM(C, F, (kH, kW))
    module = _Output(layer) if way == "stforecast" else Loop(layer)
    tiny, x = torch.randn(1, 2, C, H, W), torch.randn(B, T, C, H, W)
    _seconds(module, tiny, time.perf_counter, "train")
    before = peak_bytes()
    _seconds(module, x, time.perf_counter, "train")
    return (peak_bytes() - before) // 2**20


def reports(options: argparse.Namespace) -> Iterator[str]:
    """Yield what was asked for, as Markdown, after every table: a run that is ended keeps those."""
    clock, rounds = CLOCKS[options.clock], options.rounds
    kernel = find_kernel(torch.float32)
    parts = {
        "shapes": lambda: "## Four shapes\n\n" + compare(SHAPES, rounds, clock, options.peers),
        "small": lambda: "## Small settings\n\n" + compare(SMALL, 4 * rounds, clock, options.peers),
        "growth": lambda: "## Cost as it grows\n\n" + growth(rounds, clock),
        "memory": lambda: "## Memory of a step\n\n" + memory(),
    }
    instruction_set = kernel.instruction_set if kernel else "none"
    machine = (
        f"{describe_machine()}; kernel {instruction_set}, {options.threads} "
        f"thread(s), {options.clock} clock, {rounds} rounds in turns."
    )
    sections = ["# A ConvLSTM layer, times faster than the loop"]
    for name in options.only.split(","):
        sections.append(parts[name]())
        yield "\n\n".join([*sections, machine])


def main() -> None:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of turns")
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="cpu where it is loud"
    )
    parser.add_argument("--peers", help="python of an environment with keras, tensorflow and jax")
    parser.add_argument("--only", default="shapes,small,growth,memory", help="tables to make")
    parser.add_argument("--name", default="convlstm", help="of the report in results/speed")
    parser.add_argument("--added", nargs="+", help=argparse.SUPPRESS)  # one way in a fresh process
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.added:
        way, *sizes = options.added
        print(added_megabytes(way, [int(size) for size in sizes]))
        return
    for report in reports(options):
        write_report(report, RESULTS / "speed" / f"{options.name}.md")


if __name__ == "__main__":
    main()
