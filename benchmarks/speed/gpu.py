"""What a GPU does for a ConvLSTM, and whether what we say of it is so: one run of minutes.

Run with ``python -m benchmarks.speed.gpu``. ``--tiny`` goes through all of it on a CPU in seconds,
as a rehearsal; what needs a GPU is named and left out there. Every part stands by itself: one that
fails is named in the report, and the others still run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV
from torch import nn

from benchmarks.accuracy.moving_digits.films import FORECAST, SEEN, windows
from benchmarks.accuracy.moving_digits.networks import FULL, network
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.tables import markdown_table
from benchmarks.speed.convlstm import SHAPES, Setting
from benchmarks.speed.loops import Loop
from stforecast import ConvLSTMForecaster, FoldTime, OriginSplit, make_windows
from stforecast.datasets import make_moving_digits
from stforecast.nn import ConvLSTM

ROUNDS = 20
TINY = {"2x3x2x3x4, hidden 4, k 3": Setting(2, 3, 2, 4, (3, 4), (3, 3))}
PUBLISHED = 113  # frames a second of OpenSTL's ConvLSTM-S on a V100
Work = Callable[[], object]


def seconds(work: Work, device: str, rounds: int) -> float:
    """Return the median seconds of a call, the device waited for."""
    found = []
    for _ in range(rounds + 3):
        _wait(device)
        start = time.perf_counter()
        work()
        _wait(device)
        found.append(time.perf_counter() - start)
    return statistics.median(found[3:])  # the first ones choose algorithms


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def layer_ways(setting: Setting, device: str) -> Iterator[tuple[str, Work, Work]]:
    """Yield name, training step and forward pass of every way to run a layer."""
    layer = ConvLSTM(setting.C, setting.F, setting.kernel).to(device)
    loop = Loop(layer).to(device)
    x = torch.randn(setting.B, setting.T, setting.C, *setting.grid, device=device)
    yield "loop", partial(_train, loop, x), partial(_forward, loop, x)
    yield "ConvLSTM", partial(_train, layer, x), partial(_forward, layer, x)
    half = partial(_half, device, layer, x)
    yield "ConvLSTM, bfloat16", partial(half, _train), partial(half, _forward)
    compiled = torch.compile(Loop(layer).to(device), dynamic=False)
    yield "loop, inductor", partial(_train, compiled, x), partial(_forward, compiled, x)
    if device.startswith("cuda"):
        yield "loop, CUDA graph", _graph(_train, loop, x), _graph(_forward, loop, x)
    if setting.grid == (1, 1):
        lstm = nn.LSTM(setting.C, setting.F, batch_first=True).to(device)
        flat = x.flatten(2)
        yield "cuDNN's LSTM", partial(_train, lstm, flat), partial(_forward, lstm, flat)


def _train(module: Callable[..., object], x: torch.Tensor) -> None:
    if isinstance(module, nn.Module):
        module.zero_grad()
    output = module(x)
    first = output[0] if isinstance(output, tuple) else output
    first.float().square().mean().backward()


def _forward(module: Callable[..., object], x: torch.Tensor) -> None:
    with torch.no_grad():
        module(x)


def _half(device: str, module: nn.Module, x: torch.Tensor, work: Callable[..., None]) -> None:
    with torch.autocast(torch.device(device).type, torch.bfloat16):
        work(module, x)


def _graph(work: Callable[..., None], module: nn.Module, x: torch.Tensor) -> Work:
    """Record a call once, to be replayed as one launch."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            work(module, x)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work(module, x)
    return graph.replay


def layers(device: str, tiny: bool) -> str:
    """Return a table of milliseconds of every way, at every shape and at one cell."""
    one_cell = {"64x28x8x1x1, hidden 64, k 1": Setting(64, 28, 8, 64, (1, 1), (1, 1))}
    settings = TINY if tiny else SHAPES | one_cell
    rows = []
    for name, setting in settings.items():
        for way, train, forward in layer_ways(setting, device):
            both = (seconds(work, device, 1 if tiny else ROUNDS) for work in (train, forward))
            rows.append([name, way, *(f"{1e3 * one:.3f}" for one in both)])
    return markdown_table(["setting", "way", "training, ms", "forward, ms"], rows, texts=2)


def openstl(device: str, tiny: bool) -> str:
    """Return the frames a second at the shape of OpenSTL's ConvLSTM-S: 10 frames in, 10 out."""
    channels, grid, steps = (4, 8, 3) if tiny else (128, 16, 19)
    net = ConvLSTM(16, channels, 5, num_layers=4).to(device).eval()
    x = torch.randn(1, steps, 16, grid, grid, device=device)  # 64 x 64 in patches of 4
    taken = seconds(partial(_forward, net, x), device, 1 if tiny else ROUNDS)
    out = (steps + 1) / 2
    return f"{out / taken:.0f} frames a second, beside {PUBLISHED} published on a V100."


def _household(device: str, tiny: bool) -> tuple[object, np.ndarray, ConvLSTMForecaster]:
    rows = 150 if tiny else 1175
    series = np.random.default_rng(0).normal(size=(rows, 8))
    X, y = make_windows(series, lookback=56, horizon=7, target=0)
    model = ConvLSTMForecaster(
        4 if tiny else 16,
        (1, 3),
        baseline=None,
        max_epochs=1 if tiny else 10,
        batch_size=32,
        random_state=0,
    )
    return FoldTime(width=7).fit_transform(X), y, model.set_params(device=device)


def search(device: str, tiny: bool) -> str:
    """Return the seconds of a search of twelve fits at the household setting."""
    X, y, model = _household(device, tiny)
    grid = {"hidden_channels": [4] if tiny else [8, 16, 32, 64]}
    splits = OriginSplit(2 if tiny else 3)
    run = GridSearchCV(model, grid, cv=splits, refit=False)
    start = time.perf_counter()
    run.fit(X, y)
    fits = len(run.cv_results_["params"]) * run.n_splits_
    return f"{fits} fits: {time.perf_counter() - start:.1f} s"


def held_windows(device: str, tiny: bool) -> str:
    """Return what it takes to bring an epoch of windows, from memory and from the device itself."""
    X, _, model = _household(device, tiny)
    x = torch.from_numpy(np.asarray(X, dtype=np.float32))
    held, batches = x.to(device), torch.randperm(len(x)).split(model.batch_size)

    def bring() -> None:
        for rows in batches:
            x[rows].to(device)

    def index() -> None:
        for rows in batches:
            held[rows.to(device)]

    taken = (1e3 * seconds(work, device, 1 if tiny else ROUNDS) for work in (bring, index))
    copied, kept = taken
    return (
        f"{len(x)} windows in batches of {model.batch_size}: {copied:.2f} ms an epoch from memory, "
        f"{kept:.2f} ms where all of them are held on the device."
    )


def moving_digits(device: str, tiny: bool) -> str:
    """Return how long the literature's setting of moving digits takes, from part of an epoch."""
    setting = replace(FULL, hidden_channels=4, num_layers=1) if tiny else FULL
    films = 4 if tiny else 800
    X, y = windows(make_moving_digits(films, SEEN + FORECAST, random_state=0))
    model = network(replace(setting, epochs=2, batch_size=min(films, setting.batch_size)), None, 0)
    model.set_params(convlstmforecaster__device=device).fit(X, y)
    seconds = float(model[-1].history_["dur"].iloc[-1])
    an_epoch = seconds * FULL.films / films
    return (
        f"{films} films, {films / seconds:.1f} films a second in training: "
        f"{an_epoch * FULL.epochs / 3600:.1f} hours for {FULL.epochs} epochs of {FULL.films} films "
        "by `python -m benchmarks.accuracy.moving_digits IMAGES --full --checkpoint FOLDER`."
    )


def bits(device: str, tiny: bool) -> str:
    """Return whether two deterministic fits agree bit for bit, and how far a CPU's differs."""
    from stforecast.estimators import Compute, Training

    X, y, model = _household(device, tiny)
    model.set_params(training=Training(compute=Compute(deterministic=True)), max_epochs=1)
    first, second = (model.fit(X, y).predict(X) for _ in range(2))
    beside = model.set_params(device="cpu").fit(X, y).predict(X)
    same = "the same bits" if np.array_equal(first, second) else "OTHER BITS"
    return f"two fits: {same}; a CPU's forecasts differ by {np.abs(first - beside).max():.2e}."


def memory(device: str, tiny: bool) -> str:
    """Return what a fit leaves on the GPU, and whether a batch too large is cut into pieces."""
    X, y, model = _household(device, tiny)
    model.fit(X, y)
    if not device.startswith("cuda"):
        return "needs a GPU."
    del model
    left = torch.cuda.memory_allocated() / 2**20
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, 2**30 / total))
    maps = np.random.default_rng(0).normal(size=(80, 1, 128, 128)).astype(np.float32)
    X, y = make_windows(maps, lookback=8, horizon=1)
    large = ConvLSTMForecaster(
        64, baseline=None, max_epochs=1, batch_size=64, device=device, random_state=0
    )
    large.fit(X, y)
    torch.cuda.set_per_process_memory_fraction(1.0)
    return f"{left:.0f} MiB left after a fit; 64 windows of 128 x 128 in 1 GiB: fitted."


PARTS = {
    "Layers": layers,
    "OpenSTL's ConvLSTM-S": openstl,
    "Windows on the device": held_windows,
    "A search": search,
    "Moving digits at the literature's size": moving_digits,
    "Bits": bits,
    "Memory": memory,
}


def report(device: str, *, tiny: bool) -> str:
    """Return all parts as Markdown; what fails is named in its place."""
    sections = ["# A ConvLSTM on a GPU" if device != "cpu" else "# A rehearsal on a CPU"]
    for title, part in PARTS.items():
        start = time.perf_counter()
        try:
            text = part(device, tiny)
        except Exception as error:  # noqa: BLE001 - minutes of a GPU are dear: the other parts go on
            text = f"FAILED: {type(error).__name__}: {error}"
        sections.append(f"## {title}\n\n{text}\n\n{time.perf_counter() - start:.0f} s")
    return "\n\n".join([*sections, describe_machine()])


def main() -> None:
    """Print the report and write it, but for a rehearsal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="rehearse on a CPU in seconds")
    options = parser.parse_args()
    if options.tiny:
        print(report("cpu", tiny=True))
        return
    if not torch.cuda.is_available():
        parser.error("there is no GPU here; --tiny rehearses on a CPU")
    write_report(report("cuda", tiny=False), RESULTS / "speed" / "gpu.md")


if __name__ == "__main__":
    main()
