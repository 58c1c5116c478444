"""Seconds of a ConvLSTM layer, forward and backward, against the loop that everyone writes.

Run with ``python -m benchmarks.speed.convlstm [threads]``. Every implementation takes its turn in
every round of the same process; the table shows the median milliseconds and how many times faster
than the loop each is. The loop is checked to give the same numbers first.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.lib.machine import describe_machine
from benchmarks.speed.timing import in_turns, seconds
from stforecast.nn import ConvLSTM
from stforecast.nn.recurrence import run_cell, run_dense, unroll

SETTINGS = {  # B, T, C, F, (H, W), kernel
    "week, 8 channels": (64, 8, 8, 8, (1, 7), (1, 3)),
    "week, 16 channels": (64, 8, 8, 16, (1, 7), (1, 3)),
    "week, 32 channels": (64, 8, 8, 32, (1, 7), (1, 3)),
    "day of 24 hours": (64, 7, 8, 16, (1, 24), (1, 3)),
    "table, 28 steps": (64, 28, 8, 16, (1, 1), (1, 1)),
    "table, kernel 3x3": (64, 28, 8, 16, (1, 1), (3, 3)),
    "map 4 x 7": (32, 8, 1, 16, (4, 7), (3, 3)),
    "map 16 x 16": (16, 10, 1, 16, (16, 16), (3, 3)),
    "map 33 x 49": (8, 10, 1, 16, (33, 49), (3, 3)),
}
CHANNELS_OF_DENSE = 1000  # beyond, the matrix is not worth its memory

Way = Callable[[Tensor], Tensor]


def loop(layer: ConvLSTM, x: Tensor) -> Tensor:
    """Concatenate frame and state, convolve, split, squash: the cell as usually published."""
    cell = layer.layers[0].cell
    weight = torch.cat([cell.input_conv.weight, cell.state_conv.weight], dim=1)
    padding = (weight.shape[2] // 2, weight.shape[3] // 2)
    h = x.new_zeros(len(x), cell.hidden_channels, *x.shape[3:])
    c, output = h, []
    for t in range(x.shape[1]):
        z = functional.conv2d(
            torch.cat([x[:, t], h], dim=1), weight, cell.input_conv.bias, padding=padding
        )
        i, f, g, o = torch.split(z, cell.hidden_channels, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        output.append(h)
    return torch.stack(output, dim=1)


def run(way: Callable[..., tuple[Tensor, object]], layer: ConvLSTM, x: Tensor) -> Tensor:
    """Run one of the library's ways over a window from zeros."""
    zeros = x.new_zeros(len(x), layer.hidden_channels, *x.shape[3:])
    return way(layer.layers[0].cell, x, (zeros, zeros))[0]


def ways(layer: ConvLSTM, x: Tensor) -> dict[str, Way]:
    """Return the implementations that a setting allows."""
    table = {"loop": partial(loop, layer), "unroll": partial(run, unroll, layer)}
    if layer.hidden_channels * x.shape[3] * x.shape[4] <= CHANNELS_OF_DENSE:
        table["run_dense"] = partial(run, run_dense, layer)
    return table | {"ConvLSTM": partial(run, run_cell, layer)}


def step_seconds(way: Way, x: Tensor) -> float:
    """Return the seconds of one forward and backward pass."""
    return seconds(lambda: way(x).square().mean().backward())


def measure(
    setting: tuple[int, int, int, int, tuple[int, int], tuple[int, int]],
) -> dict[str, float]:
    """Return the median seconds of every implementation, taking turns."""
    B, T, C, F, grid, kernel = setting
    torch.manual_seed(0)
    layer, x = ConvLSTM(C, F, kernel), torch.randn(B, T, C, *grid)
    table = ways(layer, x)
    for way in table.values():
        torch.testing.assert_close(way(x), table["loop"](x), atol=1e-5, rtol=1e-4)
    rounds = 41 if grid[0] * grid[1] < 100 else 5
    steps = {name: partial(step_seconds, way, x) for name, way in table.items()}
    return {name: statistics.median(found) for name, found in in_turns(steps, rounds).items()}


def main() -> None:
    """Print the table."""
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    print(f"{describe_machine()}; {torch.get_num_threads()} thread(s)")
    names = ["loop", "unroll", "run_dense", "ConvLSTM"]
    print("setting".ljust(20), *(name.rjust(16) for name in names))
    for title, setting in SETTINGS.items():
        times = measure(setting)
        cells = (
            f"{1e3 * times[n]:8.2f} ({times['loop'] / times[n]:4.2f}x)" if n in times else "-"
            for n in names
        )
        print(title.ljust(20), *(cell.rjust(16) for cell in cells), flush=True)


if __name__ == "__main__":
    main()
