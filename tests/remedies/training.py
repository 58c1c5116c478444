"""Of parameters, weights and data of a training, and what becomes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.neighbors import KNeighborsRegressor
from skorch.callbacks import Callback

from stforecast import ConvLSTMForecaster, LSTMForecaster, SeriesForecaster, make_windows, nn
from stforecast.estimators import (
    Climatology,
    CNNLSTMForecaster,
    CNNLSTMLayers,
    DenseDecoder,
    QuantileDecoder,
    RelativeForecaster,
    SeedEnsemble,
    StencilForecaster,
    Training,
    WindowRidge,
)
from stforecast.metrics import skill_score
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
MAPS = np.random.default_rng(1).normal(size=(40, 1, 6, 6))
X, FRAME = make_windows(TABLE, lookback=6)
Y = np.asarray(FRAME)
WEIGHTED = X.with_parts({"weight": np.ones(len(X))})


def network(**parameters: Any) -> LSTMForecaster:
    quick = {"max_epochs": 1, "random_state": 0, "device": "cpu", "baseline": None}
    return LSTMForecaster(2, **{**quick, **parameters})


def trained(**parameters: Any) -> LSTMForecaster:
    return network(**parameters).fit(X, Y)


def weighed(weights: Any) -> LSTMForecaster:
    return network().fit(X.with_parts({"weight": weights}), Y)


def set_on(model: Any, **parameters: Any) -> Any:
    return model.set_params(**parameters)


def in_checkpoint(*contents: str) -> Any:
    """Fit with a checkpoint in a folder whose files hold other things."""

    def fit(folder: Path) -> Any:
        model = network(training=Training(checkpoint=folder))
        model.fit(X, Y)
        for path, content in zip(folder.iterdir(), contents, strict=False):
            path.write_text(content)
        return model.fit(X, Y)

    return in_folder(fit)


def in_folder(call: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return call(Path(folder))


def checkpoint_in(name: str) -> Any:
    def fit(folder: Path) -> Any:
        (folder / "file").touch()
        return trained(training=Training(checkpoint=folder / name))

    return in_folder(fit)


def masked(series: Any, horizon: int = 1) -> Any:
    return make_windows(series, lookback=4, horizon=horizon, missing="mask")


def on_large_maps(layers: CNNLSTMLayers) -> CNNLSTMForecaster:
    model = CNNLSTMForecaster(
        (16,), 1, 512, layers=layers, max_epochs=1, baseline=None, device="cpu", decoder="dense"
    )
    maps = np.random.default_rng(0).normal(size=(4, 1, 96, 96)).astype(np.float32)
    return model.fit(*make_windows(maps, lookback=2))


def climatology(lookback: int) -> Climatology:
    """Fit on windows that hold no row between them, as a pickle of theirs does."""
    windows, targets = make_windows(PANEL, lookback=lookback, stride=9)
    return Climatology().fit(windows.compact(), targets)


class TwiceAsMany(DenseDecoder):
    """A decoder of twice as many outputs as there are targets."""

    def build(self, backbone: Any, grid: tuple[int, int], shapes: Any) -> nn.DenseHead:
        return nn.DenseHead(backbone.out_channels, 2 * shapes.outputs, grid=grid)


class TwiceAsManyQuantiles(QuantileDecoder):
    """A decoder of twice as many quantiles as are trained."""

    def build(self, backbone: Any, grid: tuple[int, int], shapes: Any) -> nn.DenseHead:
        count = 2 * len(self.quantiles) * shapes.outputs
        return nn.DenseHead(backbone.out_channels, count, grid=grid)


class FarOff(RegressorMixin, BaseEstimator):
    """A regression whose forecasts have a shape, or values, of their own."""

    def __init__(self, outputs: int = 2, value: float = 0.0) -> None:
        self.outputs = outputs
        self.value = value

    def fit(self, X: Any, y: Any) -> FarOff:
        self.fitted_ = True
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.full((len(X), self.outputs), self.value)


def forecast(**parameters: Any) -> Any:
    return SeriesForecaster(FarOff(**parameters), lookback=6).fit(TABLE).forecast()


MAP_GAPS = np.where(np.arange(40)[:, None, None, None] % 4 == 3, np.nan, MAPS)

REMEDIES: dict[str, Remedy] = {
    "a parameter of another type": remedy(
        lambda: trained(lr="fast"),
        "lr must be a number above 0",
        lambda: trained(lr=0.01),
    ),
    "a class in place of an estimator": remedy(
        lambda: SeedEnsemble(LSTMForecaster).fit(X, Y),
        "Pass an object: LSTMForecaster()",
        lambda: SeedEnsemble(network(), 2).fit(X, Y),
    ),
    "parameters of a part that is left out": remedy(
        lambda: set_on(network(training=3), training__ema=0.9),
        "Set training to a part that has, such as Training()",
        lambda: set_on(network(training=Training()), training__ema=0.9),
    ),
    "a setting that skorch does not have": remedy(
        lambda: trained(net_params={"batchsize": 8}),
        "Did you mean 'batch_size'?",
        lambda: trained(net_params={"batch_size": 8}),
    ),
    "a setting like none of skorch's": remedy(
        lambda: trained(net_params={"xyz": 8}), "Leave it out.", lambda: trained(net_params={})
    ),
    "a callback that is none": remedy(
        lambda: trained(net_params={"callbacks": [print]}),
        "Derive it from skorch.callbacks.Callback",
        lambda: trained(net_params={"callbacks": [Callback()]}),
    ),
    "an optimizer without that argument": remedy(
        lambda: trained(net_params={"optimizer__speed": 3}),
        "Correct or leave out what it names",
        lambda: trained(net_params={"optimizer__weight_decay": 0.1}),
        lambda: trained(net_params={}),
    ),
    "a learning rate that is too high": remedy(
        lambda: trained(lr=1e30, max_epochs=9),
        "Lower lr (now 1e+30)",
        lambda: trained(lr=0.01, max_epochs=9),
    ),
    "a loss far from that of a constant": remedy(
        lambda: trained(lr=100.0, max_epochs=3),
        "Lower lr (now 100.0)",
        lambda: trained(lr=0.01, max_epochs=3),
    ),
    "a network beside a baseline that diverges": remedy(
        lambda: trained(lr=1e30, baseline="ridge"),
        "Lower lr (now 1e+30)",
        lambda: trained(lr=0.01, baseline="ridge"),
    ),
    "windows far from those of fit": remedy(
        lambda: trained().predict(np.asarray(X) * 1e200),
        "Replace it, or measure in larger units and fit again",
        lambda: trained().predict(np.asarray(X) * 1e200 / 1e200),
    ),
    "a recurrent layer of large maps": remedy(
        lambda: on_large_maps(CNNLSTMLayers(pooling="flatten")),
        "Leave pooling out or pass 'average', or pool more cells by pool_size",
        lambda: on_large_maps(CNNLSTMLayers()),
        lambda: on_large_maps(CNNLSTMLayers(pooling="average")),
        lambda: on_large_maps(CNNLSTMLayers(pooling="flatten", pool_size=8)),
    ),
    "a decoder of other targets": remedy(
        lambda: trained(decoder=TwiceAsMany()),
        "Give the decoder the targets' shape",
        lambda: trained(decoder=DenseDecoder()),
    ),
    "a decoder of other quantiles": remedy(
        lambda: trained(decoder=TwiceAsManyQuantiles([0.1, 0.5, 0.9])),
        "Give the decoder the targets' shape",
        lambda: trained(decoder=QuantileDecoder([0.1, 0.5, 0.9])),
    ),
    "a checkpoint in the place of a file": remedy(
        lambda: checkpoint_in("file"),
        "Free space there or name another folder in training__checkpoint",
        lambda: checkpoint_in("folder"),
    ),
    "a checkpoint that is broken": remedy(
        lambda: in_checkpoint("broken"),
        "Delete it to train from the start",
        in_checkpoint,
    ),
    "weights for a criterion of torch": remedy(
        lambda: network(net_params={"criterion": torch.nn.MSELoss}).fit(WEIGHTED, Y),
        "Leave the weights or the criterion out",
        lambda: network(net_params={"criterion": torch.nn.MSELoss}).fit(X, Y),
        lambda: network().fit(WEIGHTED, Y),
    ),
    "weights for what takes none": remedy(
        lambda: RelativeForecaster(KNeighborsRegressor()).fit(WEIGHTED, Y),
        "Leave the weights out",
        lambda: RelativeForecaster(KNeighborsRegressor()).fit(X, Y),
    ),
    "weights of each step": remedy(
        lambda: weighed(np.ones((len(X), 2))),
        "Pass an array of shape (n,)",
        lambda: weighed(np.ones(len(X))),
    ),
    "weights below 0": remedy(
        lambda: weighed(np.arange(-1.0, len(X) - 1)),
        "Give windows that are not to count the weight 0",
        lambda: weighed(np.maximum(np.arange(-1.0, len(X) - 1), 0)),
    ),
    "targets as maps": remedy(
        lambda: network().fit(X, Y.reshape(len(Y), 1, 2)),
        "Flatten it: y.reshape(len(y), -1)",
        lambda: network().fit(X, Y.reshape(len(Y), 1, 2).reshape(len(Y), -1)),
    ),
    "numbers too large to be squared": remedy(
        lambda: network().fit(np.asarray(X) * 1e200, Y),
        "Measure them in larger units",
        lambda: network().fit(np.asarray(X) * 1e200 / 1e200, Y),
    ),
    "numbers too large for a ridge": remedy(
        lambda: WindowRidge().fit(np.asarray(X) * 1e200, Y),
        "Measure them in larger units",
        lambda: WindowRidge().fit(np.asarray(X) * 1e200 / 1e200, Y),
    ),
    "a calendar from windows of one row": remedy(
        lambda: climatology(1),
        "Make them with lookback=3 or more",
        lambda: climatology(3),
    ),
    "a stencil without a whole target": remedy(
        lambda: StencilForecaster().fit(*masked(MAP_GAPS, 4)),
        "Fill the series, or shorten the horizon",
        lambda: StencilForecaster().fit(*masked(np.nan_to_num(MAP_GAPS), 4)),
        lambda: StencilForecaster().fit(*masked(MAP_GAPS, 3)),
    ),
    "forecasts of another number": remedy(
        lambda: forecast(outputs=3), "Correct its predict", lambda: forecast(outputs=2)
    ),
    "forecasts that are not numbers": remedy(
        lambda: forecast(value=np.nan),
        "Fill missing values of the series, or correct its predict",
        lambda: forecast(value=0.0),
    ),
    "scores of texts": remedy(
        lambda: skill_score(np.array(["1 kW"]), np.ones(1), np.zeros(1)),
        "Convert it with astype(float)",
        lambda: skill_score(np.array(["1"]).astype(float), np.ones(1), np.zeros(1)),
    ),
    "a dense decoder of large maps": remedy(
        lambda: ConvLSTMForecaster(64, decoder=DenseDecoder(), baseline=None, max_epochs=1).fit(
            *make_windows(np.zeros((9, 1, 96, 96), np.float32), lookback=2)
        ),
        "Use decoder='rollout', which has weights for no single cell",
        lambda: ConvLSTMForecaster(
            1, decoder="rollout", baseline=None, max_epochs=1, device="cpu"
        ).fit(*make_windows(np.zeros((9, 1, 96, 96), np.float32), lookback=2)),
    ),
}
