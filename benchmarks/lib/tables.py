"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """Return a table; the first `texts` columns are set to the left, the others to the right."""
    rules = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rules, *rows))


def mean_and_spread(numbers: Sequence[float], digits: int = 3) -> str:
    """Return the mean over seeds, ± their standard deviation where there are several."""
    spread = f" ± {np.std(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{np.mean(numbers):.{digits}f}{spread}"


def highest_in_bold(row: Iterable[Sequence[float]]) -> list[str]:
    """Return a cell for each method's numbers, empty where there are none, the best mean bold."""
    row = list(row)
    best = max(np.mean(numbers) for numbers in row if numbers)
    return [_cell(numbers, best) for numbers in row]


def _cell(numbers: Sequence[float], best: float) -> str:
    if not numbers:
        return ""
    cell = mean_and_spread(numbers)
    return f"**{cell}**" if np.mean(numbers) == best else cell
