"""The compiled kernel: found, loaded, and called by address."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import Tensor

__all__ = ["LIBRARY", "Kernel", "find_kernel", "integers"]

LIBRARY = Path(__file__).with_name("_convlstm.so")
VARIABLE = "STFORECAST_KERNEL"  # another library to load; empty for none
INSTRUCTION_SETS = {"AVX512": "avx512", "AVX2": "avx2"}  # by torch's names
POINTERS = 21  # of ``Tensors`` in the source
PRECISIONS = {torch.float32: "single", torch.float64: "double"}


class Kernel:
    """The entry points of the library for one precision.

    Parameters
    ----------
    library : ctypes.CDLL
        The compiled library.
    instruction_set : {"avx512", "avx2", "base"}
        Which of its builds to call.
    precision : {"single", "double"}
        What the tensors hold.

    Notes
    -----
    Calls go through ctypes, which lets other threads of Python run meanwhile. Nothing outlives a
    call, so that a process may fork at any time between calls.
    """

    def __init__(self, library: ctypes.CDLL, instruction_set: str, precision: str) -> None:
        self.instruction_set = instruction_set
        self._run = getattr(library, f"stforecast_run_{instruction_set}_{precision}")
        self._run.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
        self._record_size = getattr(library, f"stforecast_record_{instruction_set}_{precision}")
        self._record_size.argtypes = [ctypes.c_char_p]
        self._record_size.restype = ctypes.c_int64

    def record_size(self, problem: bytes) -> int:
        """Return how many numbers of a frame the way back needs."""
        return int(self._record_size(problem))

    def run(
        self,
        problem: bytes,
        tensors: Sequence[Tensor | None],
        records: Sequence[Tensor],
        slopes: Sequence[Tensor | None] = (),
    ) -> None:
        """Run all steps forward, or back where there are slopes; raise where memory is short.

        Parameters
        ----------
        problem : bytes
            The shapes, see ``Problem`` in the source.
        tensors : sequence of torch.Tensor
            What forward reads and writes, see ``Tensors`` in the source; None to leave one out.
        records : sequence of torch.Tensor
            Blocks that keep the gates of every frame.
        slopes : sequence of torch.Tensor
            What backward reads and writes.
        """
        # in the order of ``Tensors`` in the source: inputs and outputs, the table of record blocks,
        # slopes; what is not there is a null pointer
        table = (ctypes.c_void_p * len(records))(*(block.data_ptr() for block in records))
        pointers = [0 if tensor is None else tensor.data_ptr() for tensor in (*tensors, *slopes)]
        numbers = [*pointers[: len(tensors)], ctypes.addressof(table), *pointers[len(tensors) :]]
        numbers += [0] * (POINTERS - len(numbers))
        if self._run(problem, struct.pack(f"{POINTERS}P", *numbers), bool(slopes)):
            raise MemoryError(
                "The ConvLSTM kernel found no memory for the states and gradients of a chunk of "
                "windows. Make the frames or the hidden channels smaller."
            )


@lru_cache(256)
def integers(*numbers: int) -> bytes:
    """Return integers as the kernel reads them."""
    return struct.pack(f"{len(numbers)}q", *numbers)


@cache
def find_kernel(dtype: torch.dtype) -> Kernel | None:
    """Return the kernel for a precision; None where none was compiled for this machine."""
    library = _load()
    if library is None or dtype not in PRECISIONS:
        return None
    instruction_set = INSTRUCTION_SETS.get(torch.backends.cpu.get_cpu_capability(), "base")
    return Kernel(library, instruction_set, PRECISIONS[dtype])


@cache
def _load() -> ctypes.CDLL | None:
    path = os.environ.get(VARIABLE, str(LIBRARY))
    if not path:
        return None
    try:
        return ctypes.CDLL(path)
    except OSError:  # it was not compiled, or on another kind of machine
        return None
