"""What is global in torch while a network is trained or asked, put back as it was afterwards."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch

# Torch has one generator and one default dtype for all threads, so they fit one after the other.
_FIT_LOCK = threading.RLock()
_LAZY = "torch._dynamo"
# cuBLAS is repeatable only with a workspace of its own for each stream
_CUBLAS, _WORKSPACE = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


def import_lazy_parts() -> None:
    """Import what torch imports in a process's first step of an optimizer.

    An interrupt in the middle of that import would leave modules half made, with which no later
    fit works: it is held back until they are whole.
    """
    if _LAZY not in sys.modules:
        with defer_interrupts():
            import_module(_LAZY)


@contextmanager
def defer_interrupts() -> Iterator[None]:
    """Let an interrupt that comes inside the block take effect at its end."""
    handler = signal.getsignal(signal.SIGINT)
    # only the main thread is interrupted, and only it may say what an interrupt does
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if interrupts:
            handler(*interrupts[0])


@contextmanager
def seed_torch(seed: int, device: str) -> Iterator[None]:
    """Seed torch inside the block, and put generators, modes and dtype back afterwards."""
    import_lazy_parts()
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with (
        _FIT_LOCK,
        torch.random.fork_rng(devices=devices),
        torch.inference_mode(mode=False),
        torch.enable_grad(),
    ):
        dtype = torch.get_default_dtype()
        torch.default_generator.manual_seed(seed)
        for gpu in devices:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


@contextmanager
def set_threads(threads: int) -> Iterator[None]:
    """Let torch compute with `threads` threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def use_deterministic() -> Iterator[None]:
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
