"""Reading a pickle of arrays without calling anything that it names."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What a pickle of an array names. It stands for a kind of `Call` here and is never looked up.
_ARRAY, _DTYPE = "an array", "a type"
_NAMES = {
    "numpy.core.multiarray _reconstruct": _ARRAY,
    "numpy._core.multiarray _reconstruct": _ARRAY,
    "numpy ndarray": _ARRAY,
    "numpy dtype": _DTYPE,
}
_PYTHON_2_TEXTS = ("STRING", "BINSTRING", "SHORT_BINSTRING")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
# each may leave an object of 64 bytes, so that a small file could fill the memory
_MAX_OPCODES = 2**18
_MARK = object()


@dataclass
class Call:
    """A call that a pickle asks for, which is not made.

    Parameters
    ----------
    name : str
        What would be called.
    arguments : object
        What with.
    state : object
        What the result would be given afterwards.
    """

    name: str
    arguments: Any
    state: Any = None


def read_plain_pickle(data: bytes) -> Any:
    """Return the value of a pickle, with a `Call` where it asks for one.

    Raises
    ------
    ValueError
        If it is broken, or asks for more than arrays.
    """
    reader = _Reader()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count == _MAX_OPCODES:
                raise ValueError(f"it has more than {_MAX_OPCODES} parts")
            if opcode.name == "STOP":
                return reader.stack.pop()
            reader.take(opcode.name, argument)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("its parts do not fit together") from error
    raise ValueError("it ends early")


def decode_array(value: Any) -> NDArray[np.uint8]:
    """Return the array that a `Call` of a pickle describes, if it is one of bytes."""
    if not (isinstance(value, Call) and value.name == _ARRAY and isinstance(value.state, tuple)):
        raise ValueError("it has no array where one must be")
    _, shape, dtype, columns_first, content = value.state
    is_bytes = isinstance(dtype, Call) and _first(dtype.arguments) in ("u1", b"u1")
    counts = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not (is_bytes and counts and columns_first is False and isinstance(content, bytes)):
        raise ValueError("its array is not one of bytes")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _first(arguments: Any) -> Any:
    return arguments[0] if isinstance(arguments, tuple) and arguments else None


class _Reader:
    """The stack and the memory that a pickle is written for."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def take(self, opcode: str, argument: Any) -> None:
        """Carry out one opcode."""
        if opcode in _VALUES:
            self.stack.append(argument)
        elif opcode in _PYTHON_2_TEXTS:
            self.stack.append(argument.encode("latin-1"))
        elif opcode in _CONSTANTS:
            self.stack.append(_CONSTANTS[opcode])
        elif opcode in _TUPLES:
            self.stack.append(self._last(_TUPLES[opcode]))
        elif opcode in _ACTIONS:
            _ACTIONS[opcode](self, argument)
        elif opcode not in ("PROTO", "FRAME"):
            raise ValueError(f"it has the opcode {opcode}")

    def _last(self, count: int) -> tuple[Any, ...]:
        """Take the last values from the stack."""
        start = len(self.stack) - count
        if start < 0:
            raise ValueError("its parts do not fit together")
        values = tuple(self.stack[start:])
        del self.stack[start:]
        return values

    def _pop_items(self) -> tuple[Any, ...]:
        count = 0
        while self.stack[-1 - count] is not _MARK:
            count += 1
        items = self._last(count)
        self.stack.pop()  # the mark itself
        return items

    def remember(self, place: Any) -> None:
        place = len(self.memory) if place is None else place
        # large numbers can be chosen so that a dict of them takes hours
        if not 0 <= place < _MAX_OPCODES:
            raise ValueError(f"it remembers a value at place {place:.3g}")
        self.memory[place] = self.stack[-1]

    def recall(self, place: Any) -> None:
        self.stack.append(self.memory[place])

    def take_tuple(self, _: Any) -> None:
        self.stack.append(self._pop_items())

    def append(self, _: Any) -> None:
        (item,) = self._last(1)
        self.stack[-1].append(item)

    def extend(self, _: Any) -> None:
        items = self._pop_items()
        self.stack[-1].extend(items)

    def set_items(self, _: Any) -> None:
        self._set(self._pop_items())

    def set_item(self, _: Any) -> None:
        self._set(self._last(2))

    def _set(self, pairs: tuple[Any, ...]) -> None:
        # numbers can be chosen so that a dict of them takes hours
        if not all(isinstance(key, str | bytes) for key in pairs[::2]):
            raise ValueError("it has a dict without names")
        self.stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))

    def name(self, name: Any) -> None:
        name = " ".join(self._last(2)) if name is None else name
        if name not in _NAMES:
            raise ValueError(f"it asks for {name.replace(' ', '.'):.60}")
        self.stack.append(_NAMES[name])

    def call(self, _: Any) -> None:
        self.stack.append(Call(*self._last(2)))

    def set_state(self, _: Any) -> None:
        (state,) = self._last(1)
        self.stack[-1].state = state


_VALUES = {
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_ACTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Reader.remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Reader.recall),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _Reader.name),
    "MARK": lambda reader, _: reader.stack.append(_MARK),
    "EMPTY_LIST": lambda reader, _: reader.stack.append([]),
    "EMPTY_DICT": lambda reader, _: reader.stack.append({}),
    "TUPLE": _Reader.take_tuple,
    "APPEND": _Reader.append,
    "APPENDS": _Reader.extend,
    "SETITEM": _Reader.set_item,
    "SETITEMS": _Reader.set_items,
    "REDUCE": _Reader.call,
    "BUILD": _Reader.set_state,
}
