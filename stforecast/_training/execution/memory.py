"""What to do where a GPU has no memory left."""

from __future__ import annotations

import gc
import time

import torch

from stforecast._training.execution.devices import in_worker

# Another fit on the same GPU is waited for, for so many seconds in all, looking so often.
PATIENCE = 600.0
PAUSE = 2.0


def free_memory(device: str) -> None:
    """Give back what torch keeps of a GPU's memory for later."""
    if torch.device(device).type == "cuda" and torch.cuda.is_initialized():
        gc.collect()
        with torch.cuda.device(device):
            torch.cuda.empty_cache()


def wait_for_memory(device: str, deadline: float) -> bool:
    """Wait a moment where other workers hold memory of the GPU; False where waiting is no use.

    A search with several workers on one GPU so queues for it instead of ending.
    """
    if time.monotonic() > deadline or not _others_hold(device):
        return False
    free_memory(device)
    time.sleep(PAUSE)
    return True


def too_large(samples: int) -> MemoryError:
    """Return the error for a batch of which not even one sample fits."""
    return MemoryError(
        f"The device has no memory for a single sample of a batch of {samples}. Make the windows "
        "(lookback) or the network (hidden_channels) smaller, lower n_jobs, or set device='cpu'."
    )


def _others_hold(device: str) -> bool:
    """Return whether other workers, as far as can be seen, hold memory of the GPU."""
    if torch.device(device).type != "cuda" or not in_worker():
        return False
    free, total = torch.cuda.mem_get_info(device)
    return total - free - torch.cuda.memory_reserved(device) > total / 10
