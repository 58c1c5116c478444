"""What recurrences run by on this machine."""

from __future__ import annotations

import torch

from stforecast.nn.kernels.loader import LIBRARY, find_kernel

__all__ = ["show_backends"]


def show_backends() -> None:
    """Print what a ConvLSTM runs by on this machine.

    On a CPU a cell of tanh gates takes the compiled kernel where one was compiled when stforecast
    was installed, for the instruction set that torch found: ``avx512``, ``avx2`` or ``base``.
    Without it, slopes are written by hand in operations of torch. Other cells, other devices, and
    what is exported, compiled, transformed or run in mixed precision, go step by step.

    Notes
    -----
    To compile the kernel, install stforecast from its source where a C++ compiler is found
    (``CXX`` names another). The variable ``STFORECAST_KERNEL`` names another library to load, or,
    empty, none; ``ATEN_CPU_CAPABILITY`` of torch lowers the instruction set.

    Examples
    --------
    >>> from stforecast.nn import show_backends
    >>> show_backends()  # doctest: +SKIP
    ConvLSTM on a CPU: compiled kernel, avx512
    threads: 2
    torch: 2.13.0+cpu
    """
    kernel = find_kernel(torch.float32)
    way = f"torch alone; no kernel at {LIBRARY}"
    if kernel:
        way = f"compiled kernel, {kernel.instruction_set}"
    lines = [f"ConvLSTM on a CPU: {way}", f"threads: {torch.get_num_threads()}"]
    print(*lines, f"torch: {torch.__version__}", sep="\n")  # noqa: T201 - it is what it is for
