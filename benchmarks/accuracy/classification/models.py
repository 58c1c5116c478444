"""What is compared as classifiers: others, and ours with the settings to choose from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast.estimators import (
    CNNLSTMClassifier,
    CNNLSTMLayers,
    ConvLSTMClassifier,
    DenseDecoder,
    LSTMClassifier,
    LSTMLayers,
    ParallelCNNLSTMClassifier,
    ParallelLayers,
    Training,
)
from stforecast.windows import Flatten, FoldTime

Steps = tuple[int, int]  # of training, on most frames and on large ones
Maker = Callable[[tuple[int, ...], int, Steps], Any]  # shape of the training windows, seed, steps

TABLE_STEPS: Steps = (250, 90)
TRIAL_STEPS: Steps = (400, 150)
BATCH = 32
_AVERAGE = DenseDecoder(pooling="average")


def epochs(shape: tuple[int, ...], steps: Steps) -> int:
    """Return as many passes as make about the same number of steps on each task."""
    large = len(shape) == 5 and shape[3] * shape[4] > 32
    return min(100, max(10, steps[large] * BATCH // shape[0]))


def _training(shape: tuple[int, ...], seed: int, steps: Steps) -> dict[str, Any]:
    return {
        "lr": 0.004, "max_epochs": epochs(shape, steps), "batch_size": BATCH, "random_state": seed,
        "training": Training(validation_fraction=0, schedule="cosine"), "device": "cpu",
    }  # fmt: skip


def _folded(shape: tuple[int, ...], estimator: Any) -> Any:
    """Put consecutive steps of a series side by side; maps and prime numbers of steps stay."""
    if len(shape) == 5:
        return estimator
    T = shape[1]
    width = max(d for d in range(1, math.isqrt(T) + 1) if T % d == 0)
    return make_pipeline(FoldTime(width=width), estimator)


def _kernel(shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """Return a kernel that is 1 along an axis of one cell."""
    H, W = shape[3:] if len(shape) == 5 else (1, size)
    return (size if H > 1 else 1, size if W > 1 else 1)


def _lstm(units: int, **params: Any) -> Maker:
    return lambda shape, seed, steps: LSTMClassifier(
        units, **params, **_training(shape, seed, steps)
    )


def _convlstm(channels: int, size: int, decoder: Any, **params: Any) -> Maker:
    return lambda shape, seed, steps: _folded(
        shape,
        ConvLSTMClassifier(
            channels,
            _kernel(shape, size),
            decoder=decoder,
            **params,
            **_training(shape, seed, steps),
        ),
    )


def _cnn_lstm(filters: tuple[int, ...], size: int, pool_time: int = 1, **params: Any) -> Maker:
    def make(shape: tuple[int, ...], seed: int, steps: Steps) -> CNNLSTMClassifier:
        layers = CNNLSTMLayers(**_volume(shape, pool_time), **params)
        return CNNLSTMClassifier(filters, size, 64, layers=layers, **_training(shape, seed, steps))

    return make


def _cnn_lstm_folded(filters: tuple[int, ...], size: int, **params: Any) -> Maker:
    layers = CNNLSTMLayers(pool_size=2, batch_norm=True, **params)
    return lambda shape, seed, steps: _folded(
        shape, CNNLSTMClassifier(filters, size, 64, layers=layers, **_training(shape, seed, steps))
    )


def _parallel(filters: tuple[int, ...], size: int, pool_time: int = 1, **params: Any) -> Maker:
    def make(shape: tuple[int, ...], seed: int, steps: Steps) -> ParallelCNNLSTMClassifier:
        branches = CNNLSTMLayers(**_volume(shape, pool_time), **params)
        return ParallelCNNLSTMClassifier(
            filters,
            size,
            64,
            layers=ParallelLayers(branches=branches),
            **_training(shape, seed, steps),
        )

    return make


def _volume(shape: tuple[int, ...], pool_time: int) -> dict[str, Any]:
    """Return 3-D convolutions, pooled over cells where there are some to spare."""
    H, W = shape[3:] if len(shape) == 5 else (1, 1)
    pool = (pool_time, 2 if H >= 8 else 1, 2 if W >= 8 else 1)
    return {"convolution": "volume", "pooling": "average", "pool_size": pool}


CANDIDATES: dict[str, dict[str, Maker]] = {
    "LSTM": {
        "64 units": _lstm(64),
        "64 units, both directions": _lstm(64, layers=LSTMLayers(bidirectional=True)),
        "2 layers of 64, dropout 0.3": _lstm(64, layers=LSTMLayers(num_layers=2), dropout=0.3),
    },
    "ConvLSTM": {
        "16 channels, kernel 3, flattened": _convlstm(16, 3, "dense"),
        "16 channels, kernel 3, averaged": _convlstm(16, 3, _AVERAGE),
        "16 channels, kernel 5, averaged": _convlstm(16, 5, _AVERAGE),
    },
    "CNN-LSTM": {
        "over time, 32-32, kernel 3": _cnn_lstm((32, 32), 3),
        "over time, 32-32, kernel 3, batch norm": _cnn_lstm((32, 32), 3, batch_norm=True),
        "over time, 32-64, kernel 5, batch norm, time halved twice": _cnn_lstm(
            (32, 64), 5, 2, batch_norm=True
        ),
        "by frame, 32-64, kernel 3, batch norm": _cnn_lstm_folded((32, 64), 3),
    },
    # one setting, that of the CNN-LSTM's convolutions: it was not tried on its own
    "parallel CNN and LSTM": {
        "32-64, kernel 5, batch norm, time halved twice": _parallel(
            (32, 64), 5, 2, batch_norm=True
        ),
    },
}


class MiniRocket:
    """sktime's MiniRocket before a ridge classifier, for windows.

    sktime's own classifier of both checks the 10,000 features column by column, which takes
    longer than everything else.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> MiniRocket:
        """Train on windows."""
        from sktime.transformations.panel.rocket import MiniRocketMultivariate

        self.features_ = MiniRocketMultivariate(random_state=self.seed).fit(_channels_first(X))
        ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
        self.ridge_ = make_pipeline(StandardScaler(with_mean=False), ridge)
        self.ridge_.fit(self._features(X), y)
        return self

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the accuracy."""
        return float(self.ridge_.score(self._features(X), y))

    def _features(self, X: np.ndarray) -> np.ndarray:
        return self.features_.transform(_channels_first(X)).to_numpy()


class LSTMFCN:
    """sktime's LSTM-FCN, for windows; its own settings, with as many passes as ours."""

    def __init__(self, seed: int, passes: int) -> None:
        self.seed = seed
        self.passes = passes

    def fit(self, X: np.ndarray, y: np.ndarray) -> LSTMFCN:
        """Train on windows."""
        from sktime.classification.deep_learning.lstmfcn import LSTMFCNClassifierTorch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.net_ = LSTMFCNClassifierTorch(
                num_epochs=self.passes, batch_size=BATCH, random_state=self.seed
            ).fit(_channels_first(X), y)
        return self

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the accuracy."""
        return float(np.mean(self.net_.predict(_channels_first(X)) == y))


def _minirocket(_: tuple[int, ...], seed: int, __: Steps) -> MiniRocket:
    return MiniRocket(seed)


def _lstm_fcn(shape: tuple[int, ...], seed: int, steps: Steps) -> LSTMFCN:
    return LSTMFCN(seed, epochs(shape, steps))


def _forest(_: tuple[int, ...], seed: int, __: Steps) -> Any:
    return make_pipeline(Flatten(), RandomForestClassifier(200, random_state=seed))


def _majority(_: tuple[int, ...], __: int, ___: Steps) -> Any:
    return make_pipeline(Flatten(), DummyClassifier())


PEERS: dict[str, Maker] = {
    "majority class": _majority,
    "random forest": _forest,
    "MiniRocket": _minirocket,
    "LSTM-FCN": _lstm_fcn,
}


def _channels_first(X: np.ndarray) -> np.ndarray:
    """Return (n, channels, steps) of at least 9 steps, every second cell of a map in each axis."""
    X = X[..., ::2, ::2] if X.ndim == 5 and min(X.shape[3:]) > 1 else X
    flat = X.reshape(*X.shape[:2], -1).transpose(0, 2, 1).astype(np.float64)
    return np.pad(flat, ((0, 0), (0, 0), (0, max(0, 9 - flat.shape[2]))))
