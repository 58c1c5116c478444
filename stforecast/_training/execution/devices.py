"""On which device a network is trained and asked, and what to do where its memory is short."""

from __future__ import annotations

import gc
import os
import re
import time
from multiprocessing import current_process

import torch


class DeviceNotFoundError(ValueError):
    """The machine has no such device."""


def resolve_device(device: str, name: str = "device") -> str:
    """Return the device that "auto" stands for, anything else as it is, if torch has it."""
    if device == "auto":
        return _choose_gpu() if torch.cuda.is_available() else "cpu"
    try:
        return str(torch.empty(0, device=str(device)).device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceNotFoundError(
            f"{name} must be 'auto' or a device of this machine, got {device!r} ({error}). Use "
            "'cpu' or 'auto'."
        ) from error


def is_worker() -> bool:
    """Return whether this is one of the processes of a search."""
    return _worker_number() is not None


def _choose_gpu() -> str:
    """Return a GPU; the workers of a search take them one after the other."""
    number, count = _rank(), torch.cuda.device_count()
    return "cuda" if number is None or count < 2 else f"cuda:{number % count}"


def _rank() -> int | None:
    """Return the number of this process among those on the machine, None if it is alone."""
    by_torchrun = os.environ.get("LOCAL_RANK")
    return _worker_number() if by_torchrun is None else int(by_torchrun)


def _worker_number() -> int | None:
    """Return what joblib and multiprocessing number their processes by, None in the first one."""
    number = re.search(r"-(\d+)(:\d+)*$", current_process().name)
    return None if number is None else int(number[1])


# How long a fit waits in all for another one on the same GPU, and how often it looks, in seconds.
PATIENCE = 600.0
PAUSE = 2.0


def free_memory(device: str) -> None:
    """Give back what torch keeps of a GPU's memory for later."""
    if torch.device(device).type == "cuda" and torch.cuda.is_initialized():
        gc.collect()  # cycles, such as those of a traceback, hold tensors
        with torch.cuda.device(device):
            torch.cuda.empty_cache()


def wait_for_memory(device: str, deadline: float) -> bool:
    """Wait if other workers hold memory of the GPU; return False if waiting cannot help.

    A search with several workers on one GPU so queues for it instead of ending.
    """
    if time.monotonic() > deadline or not _workers_hold_memory(device):
        return False
    free_memory(device)
    time.sleep(PAUSE)
    return True


def memory_error(samples: int) -> MemoryError:
    """Return the error for a batch of which not even one sample fits."""
    return MemoryError(
        f"The device has no memory for a single sample of a batch of {samples}. Make the windows "
        "(lookback) or the network (hidden_channels) smaller, lower n_jobs, or set device='cpu'."
    )


def _workers_hold_memory(device: str) -> bool:
    """Return whether other workers, as far as can be seen, hold memory of the GPU."""
    if torch.device(device).type != "cuda" or not is_worker():
        return False
    # what is neither free nor this process's own; a tenth is left to drivers and contexts
    free, total = torch.cuda.mem_get_info(device)
    return total - free - torch.cuda.memory_reserved(device) > total / 10
