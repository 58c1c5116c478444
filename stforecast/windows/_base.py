"""What the window-to-window transformers share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stforecast._fit_tasks import CallbackSupportMixin, FitTasks, close_callbacks, fit_on_copy
from stforecast._parameters import check_parameters
from stforecast.exceptions import ShapeError
from stforecast.windows._coercion import (
    as_windows,
    check_same_origins,
    check_windows,
    restore_kind,
)
from stforecast.windows._windows import Windows


def _check_shape(shape: tuple[int, ...], result: tuple[int, ...]) -> None:
    if shape != result:
        raise ShapeError(
            f"inverse_transform takes windows of shape {result}, which transform makes, got "
            f"{shape}. Pass what transform returned."
        )


class WindowTransformer(CallbackSupportMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A transformer that changes windows and leaves their number.

    `Windows` in gives `Windows` out, still lazy; an array in gives an array out.
    """

    @close_callbacks
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the shape of the windows, and whatever else the transformer needs.

        Parameters
        ----------
        X : Windows or array-like of shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W)
            Training windows.
        y : array-like, default=None
            Targets, which teach it nothing; a table or column must be labelled as the windows are.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        check_parameters(self)
        tasks = FitTasks(self, X, y)
        check_same_origins(X, y)
        fit_on_copy(self._learn, X)
        tasks.end()
        return self

    def transform(self, X: Any) -> Any:
        """Return the changed windows.

        Parameters
        ----------
        X : Windows or array-like
            Windows of the shape seen in `fit`.

        Returns
        -------
        Windows or ndarray
            As many windows, lazy if X is lazy.
        """
        check_is_fitted(self)
        X = check_windows(self, X, reset=False)
        return restore_kind(self._apply(as_windows(X)), X)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Do nothing: windows have more than two axes, so no table can hold them.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            Ignored; here so that pipelines of tables may contain windows.

        Returns
        -------
        self : object
            The transformer, unchanged.
        """
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _check_inverse_input(self, X: Any) -> Windows:
        """Return windows to invert, if they have the shape that `transform` gives them."""
        check_is_fitted(self)
        windows = as_windows(X if isinstance(X, Windows) else np.asarray(X))
        # `_apply` says what shape windows get; it takes windows, of which one will do
        sample = as_windows(np.zeros((1, *self.window_shape_)))
        _check_shape(windows.shape[1:], self._apply(sample).shape[1:])
        return windows

    def _learn(self, X: Any) -> None:
        """Learn from windows or an array, on a copy that the transformer takes over."""
        self._fit(as_windows(check_windows(self, X, reset=True)))

    def _fit(self, X: Windows) -> None:
        """Learn from windows what `_apply` needs; nothing by default."""

    @abstractmethod
    def _apply(self, X: Windows) -> Windows:
        """Return the changed windows, lazy."""
