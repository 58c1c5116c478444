"""What our fit costs beside a bare torch loop, and beside skorch as it comes.

Run with ``python -m benchmarks.speed.training [threads]``. The setting is that of household power:
about 1100 windows of 8 frames of 1 x 7 days and 8 columns, a ConvLSTM of 16 channels, batches of
32. All three train the same network from the same weights for the same steps (AdamW, gradients
clipped, shuffled anew each epoch, the loss of each batch recorded), and take turns in every round
of one process. The table shows medians of the seconds of an epoch, and of the ratio to the bare
loop in the same round. The last row holds a tenth of the windows back and stops early, as our
defaults do, which the bare loop does not. A second table has whole fits of default forecasters, on
their baseline and alone: of a random walk, where a network has nothing to add to a ridge, and of
hourly power, where it may have. Exits with 1 where our fit costs over 10 % more.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import product

import numpy as np
import skorch
import torch
from skorch.callbacks import GradientNormClipping
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.timing import Times, in_turns, median_ratio, seconds
from stforecast import ConvLSTMForecaster, FoldTime, LSTMForecaster, make_windows
from stforecast.datasets import load_household_power
from stforecast.estimators import Compute, Training

EPOCHS = 10
ROUNDS = 9
BATCH = 32
LR = 0.003
LIMIT = 1.10
FIT_ROUNDS = 3
SIZES = (200, 2_000, 8_000)


def windows() -> tuple[object, np.ndarray]:
    """Windows of the size of the daily household table's training weeks."""
    series = np.random.default_rng(0).normal(size=(1113 + 62, 8))
    X, y = make_windows(series, lookback=56, horizon=7, target=0)
    return FoldTime(width=7).fit_transform(X), y


def forecaster(fraction: float, baseline: str | None = None) -> ConvLSTMForecaster:
    """Our forecaster at the setting, alone unless it has a baseline."""
    return ConvLSTMForecaster(
        16,
        (1, 3),
        baseline=baseline,
        lr=LR,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        random_state=0,
        device="cpu",
        training=Training(
            validation_fraction=fraction, compute=Compute(threads=torch.get_num_threads())
        ),
    )


def bare(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train by the loop that everybody writes."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=LR, weight_decay=0.0)
    losses = []
    module.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss = mse_loss(module(x[rows]), y[rows])
            loss.backward()
            clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())


def plain_skorch(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train by skorch's own loop and loader."""
    net = skorch.NeuralNet(
        module,
        torch.nn.MSELoss,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=0.0,
        lr=LR,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks=[GradientNormClipping(1.0)],
        verbose=0,
    )
    net.fit(x, y)


def measure() -> Times:
    """Seconds of ten epochs by each way, set-up included, in turns."""
    X, y = windows()
    module = forecaster(0).set_params(max_epochs=1).fit(X, y).net_.module_
    x, target = (torch.from_numpy(np.asarray(values, dtype=np.float32)) for values in (X, y))
    ways: dict[str, Callable[[], object]] = {
        "bare torch loop": lambda: bare(deepcopy(module), x, target),
        "stforecast": lambda: forecaster(0).fit(X, y),
        "skorch": lambda: plain_skorch(deepcopy(module), x, target),
        "stforecast, 10 % held back": lambda: forecaster(0.1).fit(X, y),
    }
    return in_turns({name: partial(seconds, train) for name, train in ways.items()}, ROUNDS)


def random_walk(rows: int) -> np.ndarray:
    """Steps that nothing foretells, summed up."""
    return np.random.default_rng(0).normal(size=(rows, 1)).cumsum(axis=0)


def hourly_power(rows: int) -> np.ndarray:
    """The last hours of a household's power, whose days a network can learn."""
    return load_household_power("h")[["Global_active_power"]].to_numpy()[-rows:]


def on_a_baseline(series: np.ndarray) -> Times:
    """Seconds of fits as forecasters come, on a baseline and alone, in turns."""
    X, y = make_windows(series, lookback=21, horizon=7)
    ways = {
        name: partial(LSTMForecaster, baseline=baseline, random_state=0, device="cpu")
        for name, baseline in (("alone", None), ("on a baseline", "auto"))
    }
    return in_turns(
        {name: partial(seconds, lambda make=make: make().fit(X, y)) for name, make in ways.items()},
        FIT_ROUNDS,
    )


SERIES = {"random walk": random_walk, "hourly power": hourly_power}


def costs() -> str:
    """Return what a fit on a baseline costs beside one of the network alone, by windows."""
    rows = []
    for (name, load), count in product(SERIES.items(), SIZES):
        times = on_a_baseline(load(count + 27))
        ratio = median_ratio(times["on a baseline"], times["alone"])
        medians = (f"{statistics.median(found):.1f}" for found in times.values())
        rows.append([name, f"{count:,}", *medians, f"{ratio:.2f}"])
    head = ["series", "windows", "alone, s", "on a baseline, s", "ratio"]
    return markdown_table(head, rows)


def table(times: Times) -> str:
    """The table in Markdown."""
    base = times["bare torch loop"]
    rows = (
        [name, f"{1e3 * statistics.median(found) / EPOCHS:.1f}", f"{median_ratio(found, base):.2f}"]
        for name, found in times.items()
    )
    return markdown_table(["loop", "ms an epoch", "of the bare loop"], rows)


def main() -> int:
    """Print the table and write it; 1 where our loop costs more than the limit."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    times = measure()
    machine = (
        f"{describe_machine()}; {threads} thread(s), {ROUNDS} rounds of {EPOCHS} epochs in turns."
    )
    parts = [
        "# An epoch of training at the household setting",
        table(times),
        "# A fit as forecasters come, on a baseline and alone",
        costs(),
        machine,
    ]
    write_report("\n\n".join(parts), RESULTS / "speed" / "training.md")
    return int(median_ratio(times["stforecast"], times["bare torch loop"]) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
