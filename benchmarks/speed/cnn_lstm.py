"""What a CNN-LSTM costs beside the one that everybody writes in plain torch.

Run with ``python -m benchmarks.speed.cnn_lstm [--clock cpu]``. Both have the same weights, are
checked to give the same numbers, and take their turns in every round of one process. The last rows
are whole fits beside a bare loop: the same batches, losses and steps.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.convlstm import CLOCKS, PASSES
from benchmarks.speed.timing import Times, in_turns, median_ratio
from stforecast import CNNLSTMForecaster, make_windows
from stforecast.estimators import Compute, Training
from stforecast.nn import CNNLSTM, LSTM, FlattenCells, FrameCNN

Clock = Callable[[], float]


@dataclass(frozen=True)
class Setting:
    """Windows, the CNN's channels and kernel, and the LSTM's units."""

    B: int
    T: int
    C: int
    grid: tuple[int, int]
    filters: tuple[int, ...]
    kernel: tuple[int, int]
    pool: tuple[int, int]
    units: int

    def layer(self) -> CNNLSTM:
        """Return the library's network."""
        cnn = FrameCNN(self.C, self.filters, self.kernel, grid=self.grid, pool_size=self.pool)
        flat = FlattenCells(cnn.out_channels, cnn.out_grid)
        return CNNLSTM(cnn, LSTM(flat.features, self.units), bridge=(flat,))

    def frames(self) -> Tensor:
        """Return windows."""
        return torch.randn(self.B, self.T, self.C, *self.grid)


LAYERS = {
    "table of 8 columns, 28 steps": Setting(64, 28, 8, (1, 1), (16,), (1, 1), (1, 1), 32),
    "8 weeks of 1 x 7 days": Setting(64, 8, 8, (1, 7), (16,), (1, 3), (1, 1), 32),
    "7 days of 1 x 24 hours": Setting(64, 7, 8, (1, 24), (32, 32), (1, 3), (1, 2), 64),
    "maps of 16 x 16": Setting(16, 10, 1, (16, 16), (16, 16), (3, 3), (2, 2), 64),
    "maps of 33 x 49": Setting(8, 8, 1, (33, 49), (16, 16), (3, 3), (2, 2), 64),
    "frames of 3 x 64 x 64": Setting(4, 16, 3, (64, 64), (16, 32, 32), (3, 3), (2, 2), 128),
}
FITS = {"table": (8, 1), "table, 512 windows a batch": (8, 16)}  # columns, and 32 times so many


class Plain(nn.Module):
    """Convolutions on every frame, flattened, then ``nn.LSTM``.

    Parameters
    ----------
    setting : Setting
        Its sizes.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        channels, padding = setting.C, (setting.kernel[0] // 2, setting.kernel[1] // 2)
        blocks: list[nn.Module] = []
        H, W = setting.grid
        for filters in setting.filters:
            blocks += [nn.Conv2d(channels, filters, setting.kernel, padding=padding), nn.ReLU()]
            if setting.pool != (1, 1):
                blocks.append(nn.MaxPool2d(setting.pool))
            channels, H, W = filters, H // setting.pool[0], W // setting.pool[1]
        self.cnn = nn.Sequential(*blocks)
        self.lstm = nn.LSTM(channels * H * W, setting.units, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the LSTM's output [B, T, F]."""
        maps = self.cnn(x.flatten(0, 1))
        output: Tensor = self.lstm(maps.flatten(1).unflatten(0, x.shape[:2]))[0]
        return output


class Output(nn.Module):
    """The output alone of the library's network."""

    def __init__(self, layer: CNNLSTM) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the LSTM's output [B, T, F]."""
        output: Tensor = self.layer(x)[0]
        return output


def modules(setting: Setting) -> dict[str, nn.Module]:
    """Return both networks, with the same weights."""
    torch.manual_seed(0)
    plain, ours = Plain(setting), Output(setting.layer())
    weights = zip(ours.state_dict(), plain.state_dict().values(), strict=True)
    ours.load_state_dict(dict(weights))
    x = setting.frames()
    with torch.no_grad():
        torch.testing.assert_close(ours(x), plain(x))
    return {"plain": plain, "stforecast": ours}


def compare(setting: Setting, rounds: int, clock: Clock) -> dict[str, Times]:
    """Return the seconds of both in every round, in training and forward."""
    ways, x = modules(setting), setting.frames()
    found = {}
    for part in PASSES:
        turns = {name: partial(_seconds, one, x, clock, part) for name, one in ways.items()}
        in_turns(turns, 2)
        found[part] = in_turns(turns, rounds)
    return found


def _seconds(module: nn.Module, x: Tensor, clock: Clock, part: str) -> float:
    start = clock()
    if part == "train":
        module.zero_grad()
        module(x).square().mean().backward()
    else:
        with torch.inference_mode():
            module(x)
    return clock() - start


def fits(rounds: int, clock: Clock, *, columns: int, times: int, epochs: int = 3) -> Times:
    """Return the seconds of a fit and of a bare loop, in turns."""
    series = np.random.default_rng(0).normal(size=(32 * 32 * times // 8, columns))
    X, y = make_windows(series, lookback=28, horizon=7, target=0)
    batch = 32 * times
    training = Training(validation_fraction=0, compute=Compute(threads=1))
    model = CNNLSTMForecaster(
        baseline=None,
        max_epochs=epochs,
        batch_size=batch,
        training=training,
        device="cpu",
        random_state=0,
    )
    module = model.fit(X[:batch], y[:batch]).net_.module_
    x, target = (torch.from_numpy(np.asarray(one, dtype=np.float32)) for one in (X, y))
    ways = {
        "plain": lambda: _bare(deepcopy(module), x[..., None, None], target, batch, epochs),
        "stforecast": lambda: model.fit(X, y),
    }

    def taken(work: Callable[[], object]) -> float:
        start = clock()
        work()
        return clock() - start

    return in_turns({name: partial(taken, work) for name, work in ways.items()}, rounds)


def _bare(module: nn.Module, x: Tensor, y: Tensor, batch: int, epochs: int) -> None:
    optimizer, losses = torch.optim.AdamW(module.parameters(), lr=0.003, weight_decay=0.0), []
    module.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss = mse_loss(module(x[rows]), y[rows])
            loss.backward()
            clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())


def report(rounds: int, clock: str) -> str:
    """Return both tables as Markdown."""
    rows = []
    for name, setting in LAYERS.items():
        found = compare(setting, rounds, CLOCKS[clock])
        plain = [f"{1e3 * statistics.median(found[part]['plain']):.2f}" for part in PASSES]
        gains = [
            f"{median_ratio(found[part]['plain'], found[part]['stforecast']):.2f}"
            for part in PASSES
        ]
        rows.append([name, *plain, *gains])
    layers = markdown_table(
        ["network", "plain, training, ms", "forward, ms", "times faster, training", "forward"], rows
    )
    rows = []
    for name, (columns, times) in FITS.items():
        taken = fits(max(3, rounds // 4), CLOCKS[clock], columns=columns, times=times)
        loop = f"{1e3 * statistics.median(taken['plain']):.0f}"
        rows.append([name, loop, f"{median_ratio(taken['plain'], taken['stforecast']):.2f}"])
    whole = markdown_table(["fit of 3 epochs", "bare loop, ms", "times faster"], rows)
    about = f"{describe_machine()}; 1 thread, {clock} clock, {rounds} rounds in turns."
    return f"# A CNN-LSTM beside plain torch\n\n{layers}\n\n{whole}\n\n{about}"


def main() -> None:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="rounds of turns")
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="cpu where it is loud"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    write_report(report(options.rounds, options.clock), RESULTS / "speed" / "cnn_lstm.md")


if __name__ == "__main__":
    main()
