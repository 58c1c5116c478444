"""What all displays have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Display(ABC):
    """A picture whose text in a notebook says in few words what is shown."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._summary()})"

    @abstractmethod
    def _summary(self) -> str:
        """Return in few words what is shown."""


def count(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
