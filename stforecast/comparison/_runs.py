"""Every model on every fold, side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from stforecast.comparison._entries import Entry
from stforecast.comparison._folds import Fold
from stforecast.comparison._outcome import Outcome
from stforecast.comparison._samples import Samples
from stforecast.exceptions import MissingValuesError


@dataclass(frozen=True)
class Run:
    """A model on a fold: what it made, or why it failed, and the seconds it took."""

    entry: Entry
    fold: Fold
    seconds: float
    outcome: Outcome | None
    failure: str = ""


def run_models(
    entries: list[Entry],
    folds: list[Fold],
    samples: Samples,
    *,
    coverage: float | None,
    n_jobs: int | None,
    raises: bool,
    verbose: int,
) -> list[Run]:
    """Return the runs of all models on all folds, model by model."""
    tasks = [
        delayed(_run)(entry, fold, samples, coverage, raises) for entry in entries for fold in folds
    ]
    runs = Parallel(n_jobs=n_jobs, return_as="generator")(tasks)
    return list(_show_progress(runs, len(tasks)) if verbose else runs)


def _run(entry: Entry, fold: Fold, samples: Samples, coverage: float | None, raises: bool) -> Run:
    start = time.perf_counter()
    try:
        outcome = entry.model.forecast(samples, fold, coverage)
        _check_forecasts(outcome, samples.truth(fold.test))
    except Exception as error:
        if raises:
            error.add_note(f"The model {entry.name!r} failed in fold {fold.number}.")
            raise
        failure = f"fold {fold.number}: {type(error).__name__}: {error}"
        return Run(entry, fold, time.perf_counter() - start, None, failure)
    return Run(entry, fold, time.perf_counter() - start, outcome)


def _check_forecasts(outcome: Outcome, truth: Any) -> None:
    """Raise unless there is a forecast for each value of the truth that is there."""
    assert outcome.forecasts.shape == truth.shape
    gaps = np.isfinite(truth) & ~np.isfinite(outcome.forecasts)
    if gaps.any():
        raise MissingValuesError(
            f"A model must forecast every value that is compared, but {int(gaps.sum())} of "
            f"{truth.size} forecasts are NaN. Leave those rows out of the series, or the model."
        )


def _show_progress(runs: Any, count: int) -> Iterator[Run]:
    from tqdm.auto import tqdm

    with tqdm(total=count, desc="compare", unit="fold") as bar:
        for run in runs:
            bar.set_postfix_str(run.entry.name, refresh=False)
            bar.update()
            yield run
