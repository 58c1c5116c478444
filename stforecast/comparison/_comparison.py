"""What a comparison found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from stforecast._constraints import Options
from stforecast.comparison._differences import (
    Floats,
    PairedDifference,
    bootstrap_difference,
    mean_error,
)
from stforecast.comparison._draws import Draws, choose_draws
from stforecast.windows._geometry import Integers


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Errors of several models at the same forecast origins, and what they decide.

    `compare` makes it. In a notebook it shows as its table.

    Parameters
    ----------
    errors : DataFrame
        The error of each model at each origin, in columns (metric, model), indexed by fold and
        origin; of a panel by fold, series and origin.
    times : int array of shape (origins,)
        Time of each origin in steps.
    models : DataFrame
        For each model its ``kind`` ("network", "baseline" or "other"), how often it was fitted,
        the ``seconds`` that took with its forecasts, and why it ``failed``, if it did. For a
        network on a baseline, or a pipeline or SeriesForecaster that ends in one, also its
        ``share`` and the ``gain`` that blocks showed before the test (`network_share_`,
        `network_gain_`), mean over folds.
    roots : tuple of str
        Metrics of which the error over several origins is the root of the mean of their squares.
    reference : str or None
        The model that others are compared with; None compares each with the best of the others.
    block : int
        Neighbouring origin times that the bootstrap draws together. Where there are fewer than four
        such blocks, but at least ten series, it draws series, each with all its origins.
    random_state : int, default=0
        Seed of the bootstrap.
    intervals : DataFrame or None, default=None
        ``coverage`` and ``width`` of the interval of each model at each origin, in columns (figure,
        model).
    forecasts : DataFrame or None, default=None
        What each model forecasts at each origin, with ``return_forecasts=True``: one row for each
        origin, like `errors`, and columns (model, column of the targets); NaN of one that failed.

    See Also
    --------
    compare : Makes it.
    stforecast.inspection.ComparisonDisplay : Draws it.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.comparison import compare
    >>> from stforecast.model_selection import OriginSplit
    >>> load = np.sin(np.arange(300.0)) + np.random.default_rng(0).normal(size=300)
    >>> result = compare(["persistence", "ridge"], load, OriginSplit(3), lookback=8, horizon=2)
    >>> result.table["mean_absolute_error"][["error", "verdict"]].round(2)
                 error    verdict
    model
    ridge         0.97      ahead
    persistence   1.38  reference
    """

    errors: pd.DataFrame
    times: Integers
    models: pd.DataFrame
    roots: tuple[str, ...]
    reference: str | None
    block: int
    random_state: int = 0
    intervals: pd.DataFrame | None = field(default=None)
    forecasts: pd.DataFrame | None = field(default=None)

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, that which orders the table first.

        Returns
        -------
        list of str
            In the order they were given.
        """
        return list(dict.fromkeys(self.errors.columns.get_level_values(0)))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Each model's errors and where it stands, the best by the first metric on top.

        Returns
        -------
        DataFrame
            For each metric the columns ``error``, ``difference`` to the model that ``against``
            names, its ``standard error``, and ``verdict``: "ahead", "behind", or "undecided" within
            two standard errors. Then what `models` says. Where the table is shown, a line below it
            says what the standard errors are over.
        """
        parts = {metric: self._figures(metric) for metric in self.metrics}
        if self.intervals is not None:
            figures = dict.fromkeys(self.intervals.columns.get_level_values(0))
            parts["interval"] = pd.DataFrame(
                {figure: self.intervals[figure].mean() for figure in figures}
            )
        table = pd.concat({**parts, "model": self.models}, axis=1)
        return table.sort_values((self.metrics[0], "error"), kind="stable")

    def difference(self, first: str, second: str, *, metric: str | None = None) -> PairedDifference:
        """Compare two of the models.

        Parameters
        ----------
        first, second : str
            Their names.
        metric : str, default=None
            One of the metrics, by default the first.

        Returns
        -------
        PairedDifference
            The error of the first minus that of the second. Its standard error is over origin
            times, or over series where these are too few, as the line below the table says.

        Raises
        ------
        ValueError
            If a name is not that of a model or metric compared here, or one of the models failed.
        """
        metric = self.check_metric(metric)
        for name in (first, second):
            role = "first" if name is first else "second"
            Options(*self._complete_models(metric)).check(role, name)
        root = metric in self.roots
        (a, weights), (b, _) = (self._sums(metric, name) for name in (first, second))
        return bootstrap_difference(
            a, b, weights, root=root, block=self._draws.block, seed=self.random_state
        )

    def check_metric(self, metric: Any) -> str:
        """Return the name of a metric, of the first for None.

        Parameters
        ----------
        metric : str or None
            The name.

        Returns
        -------
        str
            One of `metrics`.

        Raises
        ------
        ValueError
            If no such metric was asked for.
        """
        if metric is None:
            return self.metrics[0]
        Options(*self.metrics).check("metric", metric)
        return str(metric)

    def _figures(self, metric: str) -> pd.DataFrame:
        """Return the columns of one metric."""
        names = self._complete_models(metric)
        root = metric in self.roots
        errors = {name: mean_error(*self._sums(metric, name), root=root) for name in names}
        rows = [self._row(metric, name, errors) for name in self.models.index]
        columns = ["error", "difference", "standard error", "against", "verdict"]
        return pd.DataFrame(rows, index=self.models.index, columns=columns)

    def _row(self, metric: str, name: str, errors: dict[str, float]) -> tuple[Any, ...]:
        if name not in errors:
            return (np.nan, np.nan, np.nan, "", "")
        rival = self._find_rival(name, errors)
        if rival is None:
            verdict = "reference" if name == self.reference else "alone"
            return (errors[name], np.nan, np.nan, "", verdict)
        difference = self.difference(name, rival, metric=metric)
        return (
            errors[name],
            difference.estimate,
            difference.standard_error,
            rival,
            difference.verdict,
        )

    def _find_rival(self, name: str, errors: dict[str, float]) -> str | None:
        """Return the model that one is compared with; None where there is none."""
        if self.reference in errors:
            return None if name == self.reference else self.reference
        rivals = {rival: error for rival, error in errors.items() if rival != name}
        return min(rivals, key=lambda rival: rivals[rival]) if rivals else None

    def _complete_models(self, metric: str) -> list[str]:
        """Return the models that have an error wherever another one has."""
        errors = self.errors[metric]
        has_error = errors.notna()
        return [
            name for name in errors if has_error[name].any() and self.models["failed"][name] == ""
        ]

    @cached_property
    def _draws(self) -> Draws:
        """What the bootstrap draws together."""
        has_error = self.errors.notna().any(axis=1).to_numpy()
        return choose_draws(self.errors.index, self.times, has_error, self.block)

    def _sums(self, metric: str, name: str) -> tuple[Floats, Floats]:
        """Return the sum of a model's losses in each group of origins, (1, groups), and counts."""
        errors = self.errors[metric, name].to_numpy(dtype=np.float64)
        is_finite = np.isfinite(errors)
        losses = np.square(errors) if metric in self.roots else errors
        # of origin times, the series of a panel stay together, since they fare alike
        numbers, groups = np.unique(self._draws.groups[is_finite], return_inverse=True)
        sums, counts = np.zeros((1, len(numbers))), np.zeros(len(numbers))
        np.add.at(sums[0], groups, losses[is_finite])
        np.add.at(counts, groups, 1.0)
        return sums, counts

    def __repr__(self) -> str:
        return f"{self.table.to_string(float_format='{:.4g}'.format)}\n{self._note()}"

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        table: str = self.table.to_html(float_format="{:.4g}".format, na_rep="")
        return f"{table}<p>{escape(self._note())}</p>"

    def _note(self) -> str:
        against = "the best of the others" if self.reference is None else repr(self.reference)
        origins = f"{len(self.errors)} origins."
        if not self._draws.over:
            return f"{origins} They are too few for a standard error: it takes {self._draws.lack}."
        return (
            f"{origins} Differences to {against} are paired over origins; their standard errors "
            f"are by a bootstrap of {self._draws.over}. "
            "Undecided: less than two standard errors from 0."
        )
