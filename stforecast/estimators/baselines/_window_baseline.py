"""What the baselines that know one formula share: checks, fit and predict."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks, fit_on_copy
from stforecast._parameters import check_parameters
from stforecast.estimators._examples import Examples
from stforecast.estimators._input_checks import check_baseline_data
from stforecast.estimators._weights import drop_weightless
from stforecast.estimators.baselines._columns import check_no_gaps
from stforecast.estimators.baselines._target_rows import Leads, target_leads
from stforecast.windows._coercion import as_windows, check_windows
from stforecast.windows._windows import Windows


class WindowBaseline(CallbackSupportMixin, RegressorMixin, BaseEstimator):
    """A regressor on windows that forecasts by a formula."""

    leads_: Leads
    weighs_windows = True  # a formula has nothing to weigh
    learns = True  # False where forecasts depend on the window alone

    @close_callbacks
    def fit(self, X: Any, y: Any) -> Self:
        """Learn what the formula needs.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Windows.
        y : array-like of shape (n,) or (n, horizon * outputs), or lazy Windows
            Targets, step-major.

        Returns
        -------
        self : object
            The fitted regressor.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y)
        fit_on_copy(self._learn_from, X, y)
        tasks.end()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Forecast what follows each window.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        ndarray of shape (n,) or (n, horizon * outputs)
            Forecasts in the units of `y`, float64; 1-D where `y` was. NaN where a cell of masked
            windows never had a value.

        Raises
        ------
        MissingValuesError
            If a window shows no value of a cell, and those of `fit` were not masked.
        """
        check_is_fitted(self)
        X = as_windows(check_windows(self, X, reset=False))
        forecasts = self._forecasts(X).reshape(len(X), self.leads_.outputs)
        rows = vars(self).get("rows_")
        if rows is not None and rows.means is None:
            check_no_gaps(forecasts)
        return forecasts[:, 0] if self.single_output_ else forecasts

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # a formula says nothing of a task that is none of it
        return tags

    def _learn_from(self, X: Any, y: Any) -> None:
        X, y = drop_weightless(Examples(*check_baseline_data(self, X, y)))[0]
        self.leads_ = target_leads(X, y.shape[1])
        self._learn(X, y)

    @abstractmethod
    def _learn(self, X: Windows, y: Any) -> None:
        """Learn from windows and targets (n, outputs)."""

    @abstractmethod
    def _forecasts(self, X: Windows) -> np.ndarray:
        """Return forecasts (n, steps, C, cells)."""
