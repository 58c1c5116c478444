"""The comparison as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.household_power.protocol import WEEKDAYS, rmse_by_weekday
from benchmarks.accuracy.household_power.published import PUBLISHED
from benchmarks.lib.scores import paired_bootstrap, rmse, standard_error
from stforecast.comparison import PairedDifference


@dataclass(frozen=True, eq=False)
class Entry:
    """Forecasts of one method.

    Parameters
    ----------
    name : str
        What the table calls it.
    forecasts : ndarray of shape (runs, weeks, 7)
        One run, or one for each seed.
    ours : bool, default=False
        Whether it is a network of this library.
    """

    name: str
    forecasts: np.ndarray
    ours: bool = False

    def scores(self, truth: np.ndarray) -> np.ndarray:
        """RMSE of each run."""
        return np.array([rmse(run, truth) for run in self.forecasts])


def comparison_table(
    entries: Sequence[Entry], truth: np.ndarray, *, against: Mapping[str, str]
) -> str:
    """Return a row for each method, worst first: RMSE, spread over seeds, paired differences.

    `against` says what a column of differences is called, and whose forecasts it compares with.
    """
    references = [find(entries, name) for name in against.values()]
    rows = [(e.scores(truth).mean(), _measured_row(e, truth, references)) for e in entries]
    rows += [
        (value, f"  {name + ', published':<40}{value:7.1f}") for name, value in PUBLISHED.items()
    ]
    head = f"{'RMSE of the daily sums, 46 weeks':<42}{'mean':>7}{'seeds':>7}"
    head += "".join(f"{'against ' + title:>25}" for title in against)
    ordered = [row for _, row in sorted(rows, key=lambda row: -row[0])]
    error = standard_error(references[0].forecasts, truth)
    note = (
        f"seeds: spread over seeds; differences: paired bootstrap over weeks, ± standard error.\n"
        f"46 weeks are few: by itself an RMSE carries a standard error of about {error:.0f}."
    )
    return "\n".join([head, "-" * len(head), *ordered, "", note])


def _measured_row(entry: Entry, truth: np.ndarray, references: Sequence[Entry]) -> str:
    scores = entry.scores(truth)
    seeds = f"{scores.std(ddof=1):.1f}" if len(scores) > 1 else ""
    differences = [
        ""
        if entry is other
        else _with_error(paired_bootstrap(entry.forecasts, other.forecasts, truth))
        for other in references
    ]
    name = ("* " if entry.ours else "  ") + entry.name
    return f"{name:<42}{scores.mean():7.1f}{seeds:>7}" + "".join(f"{d:>25}" for d in differences)


def verdicts(entries: Sequence[Entry], truth: np.ndarray, *, against: str) -> str:
    """Say of each of our networks plainly where it stands against a forecast without learning."""
    other = find(entries, against)
    return "\n".join(_verdict(entry, other, truth) for entry in entries if entry.ours)


def _verdict(entry: Entry, other: Entry, truth: np.ndarray) -> str:
    difference = paired_bootstrap(entry.forecasts, other.forecasts, truth)
    if difference.high < 0:
        stands = "beats the formula"
    elif difference.low > 0:
        stands = "loses to the formula"
    else:
        side = "ahead of" if difference.estimate < 0 else "behind"
        stands = f"{side} the formula by less than 46 weeks can tell"
    interval = f"{difference.low:+.1f} to {difference.high:+.1f}"
    return f"{entry.name}: {stands} ({_with_error(difference)}, 95 % {interval})."


def _with_error(difference: PairedDifference) -> str:
    return f"{difference.estimate:+.1f} ± {difference.standard_error:.1f}"


def weekday_table(entries: Sequence[Entry], truth: np.ndarray) -> str:
    """Return RMSE by day of the week, mean over seeds."""
    head = f"{'RMSE by weekday':<42}" + "".join(f"{day:>7}" for day in WEEKDAYS)
    rows = [f"{e.name:<42}" + "".join(f"{v:7.0f}" for v in by_weekday(e, truth)) for e in entries]
    return "\n".join([head, "-" * len(head), *rows])


def by_weekday(entry: Entry, truth: np.ndarray) -> np.ndarray:
    """RMSE of each day of the week, Sunday first, mean over runs."""
    return np.mean([rmse_by_weekday(run, truth) for run in entry.forecasts], axis=0)


def find(entries: Sequence[Entry], name: str) -> Entry:
    """Return the method of that name."""
    return next(entry for entry in entries if entry.name == name)
