"""What is global in torch while a network is trained or asked, put back as it was afterwards."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Torch has one generator and one default dtype for all threads, so they fit one after the other.
_FITTING = threading.RLock()
# cuBLAS is repeatable only with a workspace of its own for each stream
_CUBLAS, _WORKSPACE = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch inside the block, and put generators, modes and dtype back afterwards."""
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with (
        _FITTING,
        torch.random.fork_rng(devices=devices),
        torch.inference_mode(mode=False),
        torch.enable_grad(),
    ):
        dtype = torch.get_default_dtype()
        torch.default_generator.manual_seed(seed)
        for one in devices:
            with torch.cuda.device(one):
                torch.cuda.manual_seed(seed)
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


@contextmanager
def threaded(threads: int) -> Iterator[None]:
    """Let torch compute with so many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def deterministic() -> Iterator[None]:
    """Let torch take only algorithms that give the same result each time, or raise."""
    cudnn = torch.backends.cudnn
    flags = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    workspace, benchmark = os.environ.get(_CUBLAS), cudnn.benchmark
    os.environ.setdefault(_CUBLAS, _WORKSPACE)
    torch.use_deterministic_algorithms(True)
    cudnn.benchmark = False
    try:
        yield
    finally:
        cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(flags[0], warn_only=flags[1])
        if workspace is None:
            os.environ.pop(_CUBLAS, None)
