"""Results that are kept and not computed again, and the reports made from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"  # a folder for each study


class ResultFile:
    """A JSON file that keeps every result as it comes, so that none is computed twice.

    Results lie in nested objects; a place is the names from the outside in, for example
    ``("CO2, weekly", "ridge")``. A run that was ended goes on where it was.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made with the first result.

    Attributes
    ----------
    content : dict
        What the file holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: dict[str, Any] = {}
        if path.exists():
            self.content = json.loads(path.read_text(encoding="utf-8"))

    def holds(self, *place: str) -> bool:
        """Return whether there is a result at a place."""
        *outer, last = place
        inner = self.content
        for name in outer:
            inner = inner.get(name, {})
        return last in inner

    def result(self, *place: str, compute: Callable[[], Any]) -> Any:
        """Return the result at a place; compute and keep it where there is none."""
        *outer, last = place
        if not self.holds(*place):
            found = compute()
            self._inner(outer)[last] = found
            self.save()
        return self._inner(outer)[last]

    def seed_results(self, *place: str, seeds: int, compute: Callable[[int], float]) -> list[float]:
        """Return one number for each seed; compute and keep those that are missing."""
        *outer, last = place
        numbers = self._inner(outer).setdefault(last, [])
        for seed in range(len(numbers), seeds):
            numbers.append(compute(seed))
            self.save()
        return numbers

    def save(self) -> None:
        """Write the content; a file that was there stays whole until all is written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(self.path.name + ".part")
        part.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)

    def _inner(self, names: list[str]) -> dict[str, Any]:
        inner = self.content
        for name in names:
            inner = inner.setdefault(name, {})
        return inner


def write_report(text: str, path: Path) -> None:
    """Print a report and write it."""
    print(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
