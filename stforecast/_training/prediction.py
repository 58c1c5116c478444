"""What a trained network gives for samples, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from stforecast._training.execution.compute import Compute
from stforecast._training.execution.devices import (
    PATIENCE,
    free_memory,
    memory_error,
    wait_for_memory,
)
from stforecast._training.execution.strategies import Cores, cores, share_samples
from stforecast._training.samples import Samples


def compute_outputs(
    module: torch.nn.Module, samples: Samples, *, batch_size: int, device: str, compute: Compute
) -> list[np.ndarray]:
    """Return the network's outputs as float64 arrays, in order; the module changes in nothing."""
    X = samples.X
    cells = int(np.prod(X.shape[3:]))
    share, at_most = share_samples(cells), min(batch_size, len(samples))
    with compute.apply(device) as core_count:
        if device != "cpu" or share >= at_most:  # a batch of one share keeps one core busy
            torch.set_num_threads(compute.torch_threads)
            return list(_batches(module, samples, batch_size, device, None))
        with cores(core_count, share, compute.torch_threads) as pool:
            return list(_batches(module, samples, batch_size, device, pool))


def _batches(
    module: torch.nn.Module, samples: Samples, size: int, device: str, pool: Cores | None
) -> Iterator[np.ndarray]:
    rows = np.arange(len(samples))
    for start in range(0, len(rows), size):
        yield from _outputs(module, samples, rows[start : start + size], device, pool)


def _outputs(
    module: torch.nn.Module, samples: Samples, rows: np.ndarray, device: str, pool: Cores | None
) -> list[np.ndarray]:
    """Return the outputs of some samples, in halves where memory does not suffice for all."""
    deadline = time.monotonic() + PATIENCE
    while (outputs := _attempt(module, samples, rows, device, pool)) is None:
        free_memory(device)
        if len(rows) > 1:
            halves = np.array_split(rows, 2)
            parts = [_outputs(module, samples, half, device, pool) for half in halves]
            return [output for part in parts for output in part]
        if not wait_for_memory(device, deadline):
            raise memory_error(1)
    return outputs


def _attempt(
    module: torch.nn.Module, samples: Samples, rows: np.ndarray, device: str, pool: Cores | None
) -> list[np.ndarray] | None:
    """Return the outputs of some samples, None where they do not fit in memory."""
    try:
        inputs, _ = samples.batch(rows)
        work = partial(_output, module, inputs, device)
        if pool is None:
            return [work(slice(None))]
        shares = [slice(start, start + pool.samples) for start in range(0, len(rows), pool.samples)]
        # None where the shares must run one after the other
        return pool.map(work, shares) or [work(share) for share in shares]
    except torch.cuda.OutOfMemoryError:
        return None


@torch.inference_mode()
def _output(
    module: torch.nn.Module, inputs: dict[str, Any], device: str, share: slice
) -> np.ndarray:
    """Return the outputs of a share of the inputs."""
    parts = {name: part[share].to(device) for name, part in inputs["parts"].items()}
    output: np.ndarray = module(inputs["x"][share].to(device), parts).double().cpu().numpy()
    return output
