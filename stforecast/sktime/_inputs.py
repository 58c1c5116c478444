"""Checks before those of sktime; input that raises leaves the forecaster as it was."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sktime.forecasting.base import BaseForecaster

from stforecast.exceptions import ShapeError


class CheckedInputForecaster(BaseForecaster):
    """A forecaster of sktime that checks its input before sktime reads it."""

    def update(self, y: Any, X: Any = None, update_params: bool = True) -> Self:
        """Take in new rows; rows that are refused leave the forecaster as it was.

        Parameters
        ----------
        y : series, panel or hierarchy as in `fit`
            The rows that follow those seen; earlier ones are left out.
        X : table, default=None
            Exogenous data of the rows.
        update_params : bool, default=True
            Whether to train further, or anew on all rows where the estimator cannot be; else the
            forecasts go on from the new rows alone.

        Returns
        -------
        self : object
            The forecaster.
        """
        if isinstance(y, np.ndarray) and y.ndim == 0:
            raise _values_error("y", y)
        before = {name: _copy_notes(value) for name, value in vars(self).items()}
        try:
            forecaster: Self = super().update(y, X, update_params)
        except BaseException:
            # sktime notes the kind of the rows, and moves the cutoff, before they are checked
            vars(self).clear()
            vars(self).update(before)
            raise
        return forecaster

    def _check_X_y(  # noqa: N802 - the name that sktime gives it
        self, X: Any = None, y: Any = None, y_inner_mtype: Any = None, multivariate: Any = None
    ) -> Any:
        """Check exogenous data and series as sktime does, after what it takes for granted."""
        for name, values in {"X": X, "y": y}.items():
            _check_values(name, values)
        return super()._check_X_y(X, y, y_inner_mtype, multivariate)

    def _check_fh(self, fh: Any, pred_int: bool = False) -> Any:
        """Check a forecasting horizon as sktime does, if it is one sequence."""
        if isinstance(fh, np.ndarray) and fh.ndim != 1:
            raise ShapeError(
                f"fh must be one sequence of steps, got an array of shape {fh.shape}. Pass "
                "fh=[1, 2], say."
            )
        return super()._check_fh(fh, pred_int)


def _copy_notes(value: Any) -> Any:
    """Return a copy of notes that sktime writes into, anything else as it is."""
    return (
        {name: _copy_notes(note) for name, note in value.items()} if type(value) is dict else value
    )


def _check_values(name: str, values: Any) -> None:
    """Raise if values are a list of no series, or an array of no numbers."""
    if isinstance(values, np.ndarray) and values.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must be numeric, got an array of {values.dtype}. Convert it with astype."
        )
    if (isinstance(values, list) and not values) or (
        isinstance(values, np.ndarray) and not values.size
    ):
        raise _values_error(name, values)


def _values_error(name: str, values: Any) -> ShapeError:
    return ShapeError(
        f"{name} must hold values, one row a time step, got {type(values).__name__} of shape "
        f"{np.shape(values)}. Pass a Series or DataFrame."
    )
