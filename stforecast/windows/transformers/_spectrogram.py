"""Sound, vibration and other fast signals as frames of frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stforecast._constraints import Constraint, Instances, Integers, Numbers
from stforecast._parameters import Rule
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows._base import WindowTransformer
from stforecast.windows._batches import Array, iter_batches
from stforecast.windows._windows import Windows


def _check_taper(spectrogram: Spectrogram, path: str) -> None:
    from scipy.signal import get_window

    window = spectrogram.window
    try:
        get_window(window, 8)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{path}window must be one that scipy.signal.get_window knows, got {window!r}. Use "
            "'hann', or 'boxcar' for no taper."
        ) from error


class Spectrogram(WindowTransformer):
    """Turn windows of a fast signal into frames that show how loud each frequency is.

    A window (n, T, C) of samples becomes (n, frames, C, frequencies, 1): a frame for every
    stretch of `nperseg` samples, whose cells, from low to high, are frequencies. Convolutions then
    see neighbouring frequencies side by side, and the recurrence how they follow one another.

    Parameters
    ----------
    nperseg : int, default=None
        Samples in a frame; more tell frequencies further apart and times less. None takes 256, or
        the whole window where that is shorter.
    noverlap : int, default=None
        Samples that neighbouring frames share, below `nperseg`; None shares half.
    window : str or tuple, default="hann"
        Taper of a frame, by its name in :func:`scipy.signal.get_window`.
    dynamic_range : float, default=80.0
        Decibels between the loudest cell of the training windows and what counts as silence; None
        leaves powers as they are.

    Attributes
    ----------
    reference_ : float
        Power of the loudest cell in `fit`; 0 decibels.
    window_shape_ : tuple of int
        Shape of one window in `fit`.
    n_features_in_ : int
        Samples in a window.

    Raises
    ------
    ShapeError
        In `fit`, if a window is shorter than a frame, or holds maps.

    Notes
    -----
    With P the power of a cell, as :func:`scipy.signal.spectrogram` gives it with
    ``scaling="spectrum"`` and no detrending, the value is
    ``max(10 log10(P / reference_), -dynamic_range)``. There are ``(T - noverlap) // (nperseg -
    noverlap)`` frames of ``nperseg // 2 + 1`` frequencies; of a signal sampled ``fs`` times a
    second, cell k is the frequency ``k fs / nperseg``. `fit` reads all training windows once, for
    the loudest; lazy windows stay lazy. Phases are lost, so no inverse exists.

    References
    ----------
    Allen, Rabiner (1977), A unified approach to short-time Fourier analysis and synthesis,
    https://doi.org/10.1109/PROC.1977.10770.

    Examples
    --------
    Chirps that rise and chirps that fall have the same spectrum; the order of frames tells them.

    >>> import numpy as np
    >>> from scipy.signal import chirp
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import CNNLSTMClassifier
    >>> from stforecast.windows import Spectrogram
    >>> draw = np.random.default_rng(0)
    >>> t, y = np.arange(512) / 1024, np.arange(120) % 2
    >>> up = [chirp(t, f, 0.5, f + 200) for f in draw.uniform(50, 250, size=120)]
    >>> X = np.where(y[:, None], up, np.flip(up, axis=1)) + 0.1 * draw.normal(size=(120, 512))
    >>> Spectrogram(64).fit_transform(X).shape
    (120, 15, 1, 33, 1)
    >>> model = CNNLSTMClassifier((8,), 3, 16, random_state=0)
    >>> make_pipeline(Spectrogram(64), model).fit(X[:80], y[:80]).score(X[80:], y[80:]) > 0.9
    True
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "nperseg": Integers(1) | None,
        "noverlap": Integers(0) | None,
        "window": Instances(
            "the name of a taper, or a tuple of it and its parameters", (str, tuple)
        ),
        "dynamic_range": Numbers(0, closed="neither") | None,
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_check_taper,)

    def __init__(
        self,
        nperseg: int | None = None,
        noverlap: int | None = None,
        window: Any = "hann",
        *,
        dynamic_range: float | None = 80.0,
    ) -> None:
        self.nperseg = nperseg
        self.noverlap = noverlap
        self.window = window
        self.dynamic_range = dynamic_range

    def _fit(self, X: Windows) -> None:
        power = self._power(X.shape)
        if self.dynamic_range is None:
            self._steps: tuple[Any, ...] = (power,)
            return
        loudest = max((power(batch).max(initial=0) for batch in iter_batches(X)), default=0.0)
        self.reference_ = float(loudest) or 1.0
        self._steps = (power, Decibels(self.reference_, float(self.dynamic_range)))

    def _power(self, shape: tuple[int, ...]) -> Power:
        if int(np.prod(shape[3:])) != 1:
            raise ShapeError(
                f"Spectrogram takes signals (n, T, C), but these are {shape[3:]} maps. Put it "
                "before what makes maps, or leave it out."
            )
        nperseg = self._frame_length(shape[1])
        noverlap = nperseg // 2 if self.noverlap is None else int(self.noverlap)
        if noverlap >= nperseg:
            raise ValueError(
                f"Frames must move on, so noverlap must be below nperseg={nperseg}, got {noverlap}."
                " Lower it."
            )
        return Power(nperseg, noverlap, self.window)

    def _frame_length(self, T: int) -> int:
        if self.nperseg is None:
            return min(256, T)
        nperseg = int(self.nperseg)
        if nperseg > T:
            raise ShapeError(
                f"Spectrogram(nperseg={nperseg}) needs windows of at least {nperseg} samples, got "
                f"{T}. Lower nperseg or make longer windows."
            )
        return nperseg

    def _apply(self, X: Windows) -> Windows:
        for step in self._steps:
            X = X.with_step(step)
        return X


@dataclass(frozen=True)
class Power:
    """Replace windows of samples by the power of each frequency in each frame."""

    nperseg: int
    noverlap: int
    window: Any

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        n, T, C = shape[:3]
        frames = (T - self.noverlap) // (self.nperseg - self.noverlap)
        return (n, frames, C, self.nperseg // 2 + 1, 1)

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype if dtype == np.float32 else np.dtype(np.float64)

    def __call__(self, batch: Array) -> Array:
        from scipy.signal import spectrogram

        n, T, C = batch.shape[:3]
        if not n:
            return np.empty(self.shape(batch.shape), self.dtype(batch.dtype))
        _, _, power = spectrogram(
            batch.reshape(n, T, C).astype(self.dtype(batch.dtype), copy=False),
            window=self.window,
            nperseg=self.nperseg,
            noverlap=self.noverlap,
            detrend=False,
            scaling="spectrum",
            axis=1,
        )
        # (n, F, C, frames) -> (n, frames, C, F, 1)
        return np.ascontiguousarray(power.transpose(0, 3, 2, 1))[..., None]


@dataclass(frozen=True)
class Decibels:
    """Replace powers by decibels above a reference, cut off where it is quiet."""

    reference: float
    span: float

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return dtype

    def __call__(self, batch: Array) -> Array:
        silence = self.reference * 10 ** (-self.span / 10)
        decibels: Array = 10 * np.log10(
            np.maximum(batch, batch.dtype.type(silence)) / self.reference
        )
        return decibels.astype(batch.dtype, copy=False)
