"""What all displays have in common."""

from __future__ import annotations


class Display:
    """A picture whose text in a notebook says in few words what is shown."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._summary()})"

    def _summary(self) -> str:
        """Return in few words what is shown."""
        raise NotImplementedError


def count(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
