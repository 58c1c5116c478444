"""On which device a network is trained and asked."""

from __future__ import annotations

import os
import re
from multiprocessing import current_process

import torch


class NoSuchDeviceError(ValueError):
    """The machine has no such device."""


def resolve_device(device: str, name: str = "device") -> str:
    """Return the device that "auto" stands for, anything else as it is, if torch has it."""
    if device == "auto":
        return _own_gpu() if torch.cuda.is_available() else "cpu"
    try:
        return str(torch.empty(0, device=str(device)).device)
    except (RuntimeError, AssertionError) as error:
        raise NoSuchDeviceError(
            f"{name} must be 'auto' or a device of this machine, got {device!r} ({error}). Use "
            "'cpu' or 'auto'."
        ) from error


def in_worker() -> bool:
    """Return whether this is one of the processes of a search."""
    return _worker_number() is not None


def _own_gpu() -> str:
    """Return a GPU such that the workers of a search take them in turn."""
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
