"""Any tabular transformer, applied to every frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from stforecast._composite import Composite
from stforecast._constraints import Constraint, DuckTypes, NoneValue
from stforecast.exceptions import ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array, iter_batches, iter_rows, map_frames
from stforecast.windows._coercion import as_windows, restore_kind
from stforecast.windows._windows import Windows


@dataclass(frozen=True, eq=False)
class Frames:
    """A step that sends every frame through a function of rows (frames, features)."""

    function: Any
    frame: tuple[int, ...]
    result: np.dtype[Any]

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[:2], *self.frame)

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return self.result

    def __call__(self, batch: Array) -> Array:
        n, T = batch.shape[:2]
        if not batch.size:
            return np.empty((n, T, *self.frame), self.result)
        values = np.asarray(self.function(batch.reshape(n * T, -1)), dtype=self.result)
        return values.reshape(n, T, *self.frame)


def _has_inverse(framewise: Any) -> bool:
    return hasattr(framewise.transformer or StandardScaler, "inverse_transform")


class Framewise(Composite, WindowTransformer):
    """Apply a tabular transformer to every frame of every window.

    A frame is one time step as it stands at this place in the pipeline: a row of the table, a
    map, or after `FoldTime` a whole week. Its values, flattened, are one sample of the transformer.

    Parameters
    ----------
    transformer : transformer, default=None
        Any scikit-learn transformer of tables (scaler, PCA, imputer); None means `StandardScaler`.
        It is cloned. One that keeps the number of features keeps the layout of the frame, another
        makes frames (F,).

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone.
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Frames in a window.

    Notes
    -----
    `fit` sees only rows in view. Before any step that regroups frames each row counts once,
    however many windows hold it; after one (`FoldTime`), and for plain arrays, each frame of each
    window counts. Series on disk are read in blocks, so the transformer needs `partial_fit` not
    to hold all rows in memory at once. In memory each row is transformed once; on disk frames are
    transformed as they are read.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from stforecast import Framewise, make_windows
    >>> X, y = make_windows(np.arange(6.0), lookback=3)
    >>> Framewise(MinMaxScaler()).fit_transform(X)[0].ravel()
    array([0.  , 0.25, 0.5 ])
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "transformer": DuckTypes("a transformer with fit and transform", ("fit", "transform"))
        | NoneValue(StandardScaler)
    }

    def __init__(self, transformer: Any = None) -> None:
        self.transformer = transformer

    def _fit(self, X: Windows) -> None:
        if not len(X):
            raise ValueError("Framewise needs at least one window to fit, got none.")
        with warnings.catch_warnings():
            if X.masked:  # what is always missing, like land in a map of the sea, has no mean
                warnings.simplefilter("ignore", RuntimeWarning)
            self._fit_transformer(X)

    def _fit_transformer(self, X: Windows) -> None:
        transformer = clone(StandardScaler() if self.transformer is None else self.transformer)
        frames = _frames(X)
        if X.in_memory and not X.steps:
            # each row once, however many windows share it
            rows = np.asarray(X.compact().base)
            transformer.fit(rows.reshape(len(rows), -1))
        elif hasattr(transformer, "partial_fit"):
            for block in frames:
                transformer.partial_fit(block)
        else:
            transformer.fit(np.concatenate(list(frames)))
        # one window shows the shape and type that frames get
        result = transformer.transform(X.batch(slice(1)).reshape(X.shape[1], -1))
        if hasattr(result, "toarray"):
            raise TypeError(
                f"Framewise needs a transformer that returns dense arrays, but {transformer} "
                "returns a sparse one. Set its sparse_output=False."
            )
        result = np.asarray(result)
        self.transformer_ = transformer
        self.frame_ = X.shape[2:]
        self._result_shape = _result_frame(result, self.frame_)
        self._result = result.dtype

    def _apply(self, X: Windows) -> Windows:
        return map_frames(X, Frames(self.transformer_.transform, self._result_shape, self._result))

    @available_if(_has_inverse)  # type: ignore[untyped-decorator]  # scikit-learn is untyped
    def inverse_transform(self, X: Any) -> Any:
        """Return windows with every frame as it was before `transform`.

        Parameters
        ----------
        X : Windows or array-like
            Transformed windows.

        Returns
        -------
        Windows or ndarray
            As many windows, lazy if X is lazy.
        """
        check_is_fitted(self)
        windows = as_windows(X if isinstance(X, Windows) else np.asarray(X))
        if windows.shape[2:] != self._result_shape:
            raise ShapeError(
                f"inverse_transform takes frames of shape {self._result_shape}, which transform "
                f"makes, got {windows.shape[2:]}. Pass what transform returned."
            )
        step = Frames(self.transformer_.inverse_transform, self.frame_, np.dtype(np.float64))
        return restore_kind(map_frames(windows, step), X)


def _frames(X: Windows) -> Iterator[Array]:
    blocks = iter_batches(X) if X.steps else iter_rows(X)
    lead = 2 if X.steps else 1
    return (block.reshape(int(np.prod(block.shape[:lead])), -1) for block in blocks)


def _result_frame(result: Array, frame: tuple[int, ...]) -> tuple[int, ...]:
    is_same = result.shape[1] == int(np.prod(frame))
    return frame if is_same else (result.shape[1],)
