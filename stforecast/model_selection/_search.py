"""A search that can be ended early with what it found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.model_selection import ParameterGrid
from sklearn.model_selection._search import BaseSearchCV

from stforecast._constraints import Instances

_GRID = Instances("a dict of sequences, or a list of such dicts", (Mapping, list, tuple))
_CONTEXT = "callback_ctx"


class InterruptibleGridSearchCV(BaseSearchCV):  # type: ignore[misc]  # scikit-learn is untyped
    """`GridSearchCV` that Ctrl-C ends with the best candidate so far.

    A second Ctrl-C, while the best candidate is fitted to all samples, ends everything.

    Parameters
    ----------
    estimator : estimator
        What to search over.
    param_grid : dict of str to sequence, or list of such dicts
        Values of each parameter to try.
    scoring : str, callable, list, tuple or dict, default=None
        As in `GridSearchCV`, like all parameters below.
    n_jobs : int, default=None
        Fits at a time. So many candidates are tried before the next ones are begun.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate to all samples.
    cv : int, splitter or iterable, default=None
        Splits; `OriginSplit` cannot leak.
    verbose : int, default=0
        How much to print.
    pre_dispatch : int or str, default="2*n_jobs"
        Fits handed out ahead.
    error_score : "raise" or float, default=nan
        Score of a fit that fails.
    return_train_score : bool, default=False
        Whether to score the training samples as well.

    Attributes
    ----------
    cv_results_ : dict of arrays
        Scores of the candidates that were tried in full.
    best_params_, best_score_, best_index_, best_estimator_
        As in `GridSearchCV`.
    interrupted_ : bool
        Whether candidates were left untried.

    Warns
    -----
    UserWarning
        If the search was interrupted; it says how many candidates were tried.

    See Also
    --------
    stforecast.Training : Its `checkpoint` keeps the fits of a search, so that the search can be
        begun again where it was broken off.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast.model_selection import InterruptibleGridSearchCV
    >>> X = np.arange(20.0)[:, None]
    >>> search = InterruptibleGridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}).fit(X, X[:, 0])
    >>> search.best_params_, search.interrupted_
    ({'alpha': 0.1}, False)
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[..., int] = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: str | float = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], callback_ctx: Any = None
    ) -> None:
        _GRID.check("param_grid", self.param_grid)
        candidates, at_a_time = list(ParameterGrid(self.param_grid)), effective_n_jobs(self.n_jobs)
        # a batch keeps every worker busy once; an interrupt loses the scores of one batch
        batches = [candidates[i : i + at_a_time] for i in range(0, len(candidates), at_a_time)]
        tried = 0
        try:
            with _report_task(self, callback_ctx, "search", len(batches)) as search:
                for batch in batches:
                    with _report_task(self, search, "candidates", None) as task:
                        evaluate_candidates(batch, **({} if task is None else {_CONTEXT: task}))
                    tried += len(batch)
        except KeyboardInterrupt:
            if not tried:
                raise
            warnings.warn(
                f"The search was interrupted after {tried} of {len(candidates)} candidates; the "
                "best of them is the result.",
                UserWarning,
                stacklevel=2,
            )
        self.interrupted_ = tried < len(candidates)


@contextmanager
def _report_task(search: Any, context: Any, name: str, tasks: int | None) -> Iterator[Any]:
    """Tell scikit-learn's callbacks, which it has from 1.9 on, of a part of a search."""
    if context is None:
        yield None
        return
    part = context.subcontext(
        task_name=name, max_subtasks=tasks, sequential_subtasks=tasks is not None
    )
    yield part.call_on_fit_task_begin(estimator=search)
    part.call_on_fit_task_end(estimator=search)
