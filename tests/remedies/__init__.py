"""Calls that are refused, what their messages propose in words, and the calls that follow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Remedy:
    """One proposal of a message.

    Parameters
    ----------
    refused : callable
        A call that raises the message.
    proposal : str
        Words of the message that say what to do.
    mended : callables
        The same call with what is proposed, once for each way that is proposed.
    """

    refused: Callable[[], Any]
    proposal: str
    mended: tuple[Callable[[], Any], ...]


def remedy(refused: Callable[[], Any], proposal: str, *mended: Callable[[], Any]) -> Remedy:
    return Remedy(refused, proposal, mended)
