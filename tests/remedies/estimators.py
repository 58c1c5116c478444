"""Of estimators, their parts and baselines, and what they are trained on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from skorch.callbacks import EpochScoring

from stforecast import (
    ConvLSTMForecaster,
    LSTMClassifier,
    LSTMForecaster,
    SeriesForecaster,
    make_windows,
)
from stforecast.estimators import (
    Advection,
    BoundedDecoder,
    Climatology,
    CNNLSTMForecaster,
    CNNLSTMLayers,
    ConvLSTMLayers,
    DenseDecoder,
    ForecastAnomalyDetector,
    MonteCarloDropout,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
    QuantileDecoder,
    RainDecoder,
    RelativeForecaster,
    RolloutDecoder,
    SeasonalNaive,
    SeedEnsemble,
    StencilForecaster,
    StepDecoder,
    Training,
    WindowRidge,
)
from stforecast.windows import Crop, Flatten, FoldTime, Windows
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
MAPS = np.random.default_rng(1).normal(size=(40, 1, 6, 6))
RAIN = np.abs(MAPS)
X, FRAME = make_windows(TABLE, lookback=6)
Y = np.asarray(FRAME)
LABELS = (Y[:, 0] > 0).astype(int)


def windows(series: Any = TABLE, **given: Any) -> Any:
    return make_windows(series, **{"lookback": 6, **given})


def network(kind: Any = LSTMForecaster, *sizes: Any, **parameters: Any) -> Any:
    quick = {"max_epochs": 1, "random_state": 0, "device": "cpu"}
    if kind is not LSTMClassifier:
        quick["baseline"] = None
    return kind(*(sizes or (2,)), **{**quick, **parameters})


def trained(data: Any = None, **training: Any) -> Any:
    return network(training=Training(**training)).fit(*((X, Y) if data is None else data))


def classified(y: Any = LABELS, **parameters: Any) -> Any:
    return network(LSTMClassifier, **parameters).fit(X, y)


def maps(decoder: Any, series: Any = MAPS, kind: Any = ConvLSTMForecaster, **how: Any) -> Any:
    return network(kind, decoder=decoder, **how).fit(*windows(series, lookback=3))


def cnn(sizes: Any, **layers: Any) -> Any:
    model = network(CNNLSTMForecaster, sizes, layers=CNNLSTMLayers(**layers))
    return model.fit(*windows(MAPS))


def parallel(**layers: Any) -> Any:
    return network(ParallelCNNLSTMForecaster, (2,), layers=ParallelLayers(**layers))


def embedded(size: int | None = 2) -> SeriesForecaster:
    return SeriesForecaster(network(decoder=StepDecoder(embedding=size)), lookback=6)


def gaps(series: Any, place: Any) -> Any:
    series = np.array(series, dtype=float)
    series[place] = np.nan
    return series


def ignore_warnings(call: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


GAPS = pd.DataFrame(gaps(TABLE, slice(3, 20)), DAYS, ["a", "b"])
ONE_GAP = make_windows(gaps(TABLE, (slice(None), 1)), lookback=6, missing="mask")

LATE = make_windows(gaps(TABLE, slice(30)), lookback=6, missing="mask")  # values begin later

REMEDIES: dict[str, Remedy] = {
    "an embedding of no features": remedy(
        lambda: network(decoder=DenseDecoder(embedding=2)).fit(*windows(PANEL)),
        "Pass static= to make_windows",
        lambda: network(decoder=DenseDecoder(embedding=2)).fit(
            *windows(PANEL, static={"x": [1.0], "y": [2.0]})
        ),
    ),
    "an embedding of no features in a series": remedy(
        lambda: embedded().fit(PANEL),
        "to the fit of a SeriesForecaster, or leave embedding out",
        lambda: embedded().fit(PANEL, static="series"),
        lambda: embedded(None).fit(PANEL),
    ),
    "values missing in every row": remedy(
        lambda: network().fit(*(rows[:20] for rows in LATE)),
        "Pass rows that hold some",
        lambda: network().fit(*LATE),
    ),
    "a target that is never known": remedy(
        lambda: network().fit(*ONE_GAP),
        "Leave it out of target, or pass more data",
        lambda: network().fit(*windows(gaps(TABLE, (slice(None), 1)), missing="mask", target=[0])),
        lambda: network().fit(*windows(TABLE, missing="mask")),
    ),
    "masked windows in predict": remedy(
        lambda: network().fit(X, Y).predict(windows(missing="mask")[0]),
        "Make them with missing='error' of make_windows",
        lambda: network().fit(X, Y).predict(windows(missing="error")[0]),
    ),
    "windows in predict that are not masked": remedy(
        lambda: network().fit(*windows(missing="mask")).predict(X),
        "Make them with missing='mask' of make_windows",
        lambda: network().fit(*windows(missing="mask")).predict(windows(missing="mask")[0]),
    ),
    "what a transformer gave, as an array": remedy(
        lambda: WindowRidge().fit(_cut(), Y).predict(np.asarray(_cut())),
        "Pass Windows, not arrays of what a transformer gave",
        lambda: WindowRidge().fit(_cut(), Y).predict(_cut()),
    ),
    "logarithms of plain arrays": remedy(
        lambda: WindowRidge(log=True).fit(np.asarray(X), Y),
        "Transform series and targets yourself",
        lambda: WindowRidge().fit(np.log(np.exp(np.asarray(X))), np.log(np.exp(Y))),
    ),
    "logarithms of what may be below 0": remedy(
        lambda: WindowRidge(log=True).fit(X, Y),
        "Leave log out, or add a constant to the series first",
        lambda: WindowRidge().fit(X, Y),
        lambda: WindowRidge(log=True).fit(*windows(TABLE + 99)),
    ),
    "gaps that a baseline has not seen in fit": remedy(
        lambda: WindowRidge().fit(X, Y).predict(windows(GAPS, missing="mask")[0]),
        "Fill the series, or fit on windows made with missing='mask'",
        lambda: WindowRidge().fit(X, Y).predict(windows(GAPS.ffill())[0]),
        lambda: (
            WindowRidge()
            .fit(*windows(GAPS, missing="mask"))
            .predict(windows(GAPS, missing="mask")[0])
        ),
    ),
    "a season longer than a window": remedy(
        lambda: SeasonalNaive(9).fit(X, Y),
        "Make windows with lookback=9 or more",
        lambda: SeasonalNaive(9).fit(*windows(lookback=9)),
    ),
    "targets that windows do not hold": remedy(
        lambda: SeasonalNaive(2).fit(*windows(TABLE[["a"]], target=TABLE["b"].to_numpy())),
        "Make windows of a series that holds its target, unscaled, or pass arrays whose targets",
        lambda: SeasonalNaive(2).fit(*windows(TABLE, target="b")),
        lambda: SeasonalNaive(2).fit(np.asarray(X), Y),
    ),
    "a calendar without times": remedy(
        lambda: Climatology(by="month").fit(np.asarray(X), Y),
        "Make them with make_windows of a series with a DatetimeIndex or, for maps, of an xarray",
        lambda: Climatology(by="month").fit(X, Y),
        lambda: Climatology(by="month").fit(*windows(_grid())),
        lambda: Climatology().fit(np.asarray(X), Y),
    ),
    "a motion from more maps than a window": remedy(
        lambda: Advection(frames=9).fit(*windows(MAPS)),
        "Make windows with lookback=9 or more",
        lambda: Advection(frames=9).fit(*windows(MAPS, lookback=9)),
    ),
    "a stencil without a centre": remedy(
        lambda: StencilForecaster(4).fit(*windows(MAPS)),
        "Use 5",
        lambda: StencilForecaster(5).fit(*windows(MAPS)),
    ),
    "a stencil for numbers": remedy(
        lambda: StencilForecaster(3).fit(windows(MAPS)[0], MAPS[6:, 0, 0, 0]),
        "Forecast whole maps, or use WindowRidge",
        lambda: StencilForecaster(3).fit(*windows(MAPS)),
        lambda: WindowRidge().fit(windows(MAPS)[0], MAPS[6:, 0, 0, 0]),
    ),
    "a stencil of more frames than a window": remedy(
        lambda: StencilForecaster(3, frames=9).fit(*windows(MAPS)),
        "Lower it, or make longer windows",
        lambda: StencilForecaster(3, frames=6).fit(*windows(MAPS)),
        lambda: StencilForecaster(3, frames=9).fit(*windows(MAPS, lookback=9)),
    ),
    "weights of classes that are none": remedy(
        lambda: classified(class_weight={7: 2.0}),
        "Use the labels in y",
        lambda: classified(class_weight={1: 2.0}),
    ),
    "a column for each class": remedy(
        lambda: classified(np.eye(2)[LABELS]),
        "Of a column for each class take the largest: y.argmax(axis=-1)",
        lambda: classified(np.eye(2)[LABELS].argmax(axis=-1)),
    ),
    "a class that came later": remedy(
        lambda: classified().partial_fit(X, LABELS + 1),
        "Name all classes in the first partial_fit",
        lambda: (
            network(LSTMClassifier)
            .partial_fit(X, LABELS, classes=[0, 1, 2])
            .partial_fit(X, LABELS + 1)
        ),
    ),
    "attention over steps that are gone": remedy(
        lambda: parallel(branches=CNNLSTMLayers(attention="transformer")).fit(X, Y),
        "Use 'squeeze_excite', or CNNLSTMForecaster",
        lambda: parallel(branches=CNNLSTMLayers(attention="squeeze_excite")).fit(X, Y),
        lambda: network(CNNLSTMForecaster, (2,), layers=CNNLSTMLayers(attention="transformer")).fit(
            X, Y
        ),
    ),
    "epochs of sampling without teacher forcing": remedy(
        lambda: maps(RolloutDecoder(sampling_epochs=3)),
        "Set decoder__teacher_forcing above 0, such as to 1.0",
        lambda: maps(RolloutDecoder(sampling_epochs=3, teacher_forcing=1.0)),
    ),
    "a rollout of an LSTM": remedy(
        lambda: network(decoder="rollout").fit(X, Y),
        "Use ConvLSTMForecaster without bidirectional layers, or decoder='dense'",
        lambda: network(ConvLSTMForecaster, decoder="rollout").fit(X, Y),
        lambda: network(decoder="dense").fit(X, Y),
    ),
    "a rollout of both directions": remedy(
        lambda: maps("rollout", layers=ConvLSTMLayers(bidirectional=True)),
        "Use ConvLSTMForecaster without bidirectional layers, or decoder='dense'",
        lambda: maps("rollout"),
        lambda: maps("dense", layers=ConvLSTMLayers(bidirectional=True)),
    ),
    "a rollout of numbers": remedy(
        lambda: network(ConvLSTMForecaster, decoder="rollout").fit(
            windows(MAPS)[0], MAPS[6:, 0, 0, 0]
        ),
        "Make both with make_windows from one series of maps, or use decoder='dense'",
        lambda: maps("rollout"),
        lambda: network(ConvLSTMForecaster, decoder="dense").fit(
            windows(MAPS)[0], MAPS[6:, 0, 0, 0]
        ),
    ),
    "as many weights as rates": remedy(
        lambda: maps(RainDecoder(rates=[1.0, 2.0], weights=[1.0, 2.0]), RAIN),
        "Add or drop a weight, or sort the rates",
        lambda: maps(RainDecoder(rates=[1.0, 2.0], weights=[1.0, 2.0, 3.0]), RAIN),
    ),
    "quantiles in a decoder of rain": remedy(
        lambda: maps(RainDecoder(decoder=QuantileDecoder()), RAIN),
        "Use 'rollout', 'dense' or 'step'",
        lambda: maps(RainDecoder(decoder="rollout"), RAIN),
        lambda: maps(RainDecoder(decoder="dense"), RAIN),
        lambda: maps(RainDecoder(decoder="step"), RAIN),
    ),
    "targets beyond their bounds": remedy(
        lambda: network(decoder=BoundedDecoder((0, None))).fit(X, Y),
        "Correct the series, or use a decoder of wider bounds, or of none",
        lambda: network(decoder=BoundedDecoder((0, None))).fit(*windows(TABLE.clip(lower=0))),
        lambda: network(decoder=BoundedDecoder((-99, None))).fit(X, Y),
        lambda: network().fit(X, Y),
    ),
    "bounds inside quantiles": remedy(
        lambda: network(decoder=QuantileDecoder(decoder=BoundedDecoder((-99, None)))).fit(X, Y),
        "Use BoundedDecoder((-99, None), decoder=QuantileDecoder(...))",
        lambda: network(decoder=BoundedDecoder((-99, None), decoder=QuantileDecoder())).fit(X, Y),
    ),
    "levels of targets that are not in the window": remedy(
        lambda: RelativeForecaster(_flat()).fit(np.asarray(X), Y[:, :1]),
        "Name the channels of the window that are forecast: channels=[0]",
        lambda: RelativeForecaster(_flat(), channels=[0]).fit(np.asarray(X), Y[:, :1]),
    ),
    "levels of a column that is elsewhere": remedy(
        lambda: RelativeForecaster(_flat()).fit(*windows(TABLE[["a"]], target=TABLE["b"])),
        "Add that column to the series, or name others: channels=[0]",
        lambda: RelativeForecaster(_flat()).fit(*windows(TABLE, target="b")),
        lambda: RelativeForecaster(_flat(), channels=[0]).fit(
            *windows(TABLE[["a"]], target=TABLE["b"])
        ),
    ),
    "an ensemble of what has no seed": remedy(
        lambda: SeedEnsemble(_Seedless()).fit(X, Y),
        "Use the estimator itself",
        lambda: _Seedless().fit(Flatten().fit_transform(X), Y),
    ),
    "bounds of what is relative": remedy(
        lambda: RelativeForecaster(network(decoder=BoundedDecoder((-99, None)))).fit(X, Y),
        "Use the inner estimator by itself, or give it the decoder inside this one",
        lambda: network(decoder=BoundedDecoder((-99, None))).fit(X, Y),
        lambda: RelativeForecaster(network(decoder="dense")).fit(X, Y),
    ),
    "levels behind a transformer": remedy(
        lambda: make_pipeline(FoldTime(width=3), RelativeForecaster(_flat())).fit(X, Y),
        "Put that into its estimator: RelativeForecaster(make_pipeline(",
        lambda: RelativeForecaster(make_pipeline(FoldTime(width=3), _flat())).fit(X, Y),
    ),
    "dropout of none": remedy(
        lambda: MonteCarloDropout(network()).fit(X, Y),
        "Set dropout above 0",
        lambda: MonteCarloDropout(network(dropout=0.3)).fit(X, Y),
    ),
    "a series that training has not seen": remedy(
        lambda: (
            RelativeForecaster(_flat(), level="series")
            .fit(*windows(PANEL))
            .predict(windows(pd.concat({"z": TABLE}, names=["id"]))[0])
        ),
        "Leave it out, or use level='mean'",
        lambda: (
            RelativeForecaster(_flat(), level="series")
            .fit(*windows(PANEL))
            .predict(windows(PANEL.loc[["x"]])[0])
        ),
        lambda: (
            RelativeForecaster(_flat(), level="mean")
            .fit(*windows(PANEL))
            .predict(windows(pd.concat({"z": TABLE}, names=["id"]))[0])
        ),
    ),
    "windows too short for a detector": remedy(
        lambda: ForecastAnomalyDetector(_flat(), horizon=6).fit(X),
        "Make windows with a longer lookback",
        lambda: ForecastAnomalyDetector(_flat(), horizon=6).fit(windows(lookback=9)[0]),
    ),
    "too few windows for a detector": remedy(
        lambda: ForecastAnomalyDetector(_flat()).fit(X[:1]),
        "Pass more windows",
        lambda: ForecastAnomalyDetector(_flat()).fit(X),
    ),
    "covariates beyond a detector's window": remedy(
        lambda: ForecastAnomalyDetector(_flat(), horizon=2).fit(_with_known()),
        "Use horizon=1, or leave them out",
        lambda: ForecastAnomalyDetector(_flat(), horizon=1).fit(_with_known()),
        lambda: ForecastAnomalyDetector(_flat(), horizon=2).fit(X),
    ),
    "early fusion of one input": remedy(
        lambda: parallel(fusion="early").fit(X, Y),
        "Name the part that joins the windows, or use fusion='late'",
        lambda: parallel(fusion="early", table="z").fit(_with_part(6), Y),
        lambda: parallel(fusion="late").fit(X, Y),
    ),
    "a part that windows do not carry": remedy(
        lambda: parallel(table="z").fit(X, Y),
        "Add it by X.with_parts, or leave table out",
        lambda: parallel(table="z").fit(_with_part(6), Y),
        lambda: parallel().fit(X, Y),
    ),
    "early fusion of other steps": remedy(
        lambda: parallel(fusion="early", table="z").fit(_with_part(3), Y),
        "Cut both with one lookback",
        lambda: parallel(fusion="early", table="z").fit(_with_part(6), Y),
    ),
    "held-back windows without targets": remedy(
        lambda: network().fit(X, Y, X_val=X),
        "Pass both, or neither",
        lambda: network().fit(X, Y, X_val=X, y_val=Y),
        lambda: network().fit(X, Y),
    ),
    "held-back windows of another shape": remedy(
        lambda: (
            network().fit(X, Y, X_val=X[:, :], y_val=Y)
            if False
            else network().fit(X, Y, X_val=windows(lookback=5)[0], y_val=Y_OF_5)
        ),
        "Make both alike",
        lambda: network().fit(X, Y, X_val=X, y_val=Y),
    ),
    "held-back windows that are masked": remedy(
        lambda: network().fit(X, Y, X_val=windows(missing="mask")[0], y_val=Y),
        "Make both with the same missing= of make_windows",
        lambda: network().fit(
            windows(missing="mask")[0], Y, X_val=windows(missing="mask")[0], y_val=Y
        ),
    ),
    "a part that fit had": remedy(
        lambda: network().fit(_with_part(6), Y).predict(X),
        "Pass z= to make_windows again",
        lambda: network().fit(_with_part(6), Y).predict(_with_part(6)),
    ),
    "half precision on a CPU": remedy(
        lambda: _with_compute(precision="float16"),
        "Use 'single'",
        lambda: _with_compute(precision="single"),
    ),
    "another loss of a classifier": remedy(
        lambda: classified(training=Training(loss="mae")),
        "Say by class_weight which classes count more",
        lambda: classified(class_weight={1: 2.0}),
    ),
    "bounds of a classifier": remedy(
        lambda: classified(decoder=BoundedDecoder((0, None))),
        "Pass the decoder inside it",
        lambda: classified(decoder="dense"),
    ),
    "too many groups held back": remedy(
        lambda: network(training=Training(validation_fraction=3)).fit(X, Y, np.arange(54) // 18),
        "Hold back fewer, or pass more groups",
        lambda: network(training=Training(validation_fraction=2)).fit(X, Y, np.arange(54) // 18),
        lambda: network(training=Training(validation_fraction=3)).fit(X, Y, np.arange(54) // 9),
    ),
    "a date of groups": remedy(
        lambda: (
            network(training=Training(validation_fraction="2024-02-01")).fit(
                X, Y, np.arange(54) // 18
            )
            and classified(training=Training(validation_fraction="2024-02-01"))
        ),
        "Pass a share or a number",
        lambda: classified(training=Training(validation_fraction=0.2)),
        lambda: classified(training=Training(validation_fraction=9)),
    ),
    "a date of rows without dates": remedy(
        lambda: trained((np.asarray(X), Y), validation_fraction="2024-02-01"),
        "Pass a share or a number of windows",
        lambda: trained((np.asarray(X), Y), validation_fraction=0.2),
        lambda: trained((np.asarray(X), Y), validation_fraction=9),
    ),
    "a date that is none": remedy(
        lambda: trained(validation_fraction="soon"),
        "Write it like that",
        lambda: trained(validation_fraction="2024-02-01 00:00:00"),
    ),
    "a date behind the last origin": remedy(
        lambda: trained(validation_fraction="2025-02-01"),
        "Pass a date among them",
        lambda: trained(validation_fraction="2024-02-20"),
    ),
    "warm-up twice": remedy(
        lambda: trained(warmup=1.0, schedule="one-cycle"),
        "Choose one of them",
        lambda: trained(warmup=1.0),
        lambda: trained(schedule="one-cycle"),
    ),
    "a callback without a list": remedy(
        lambda: network(net_params={"callbacks": EpochScoring("r2")}).fit(X, Y),
        "Put it into a list",
        lambda: network(net_params={"callbacks": [EpochScoring("r2")]}).fit(X, Y),
    ),
    "a device that is not there": remedy(
        lambda: network(device="cuda:7").fit(X, Y),
        "Use 'cpu' or 'auto'",
        lambda: network(device="cpu").fit(X, Y),
        lambda: network(device="auto").fit(X, Y),
    ),
    "pooling of more time than there is": remedy(
        lambda: cnn((2, 2, 2), convolution="volume", pool_size=(2, 1, 1)),
        "Pool time less, use fewer blocks, or lengthen the lookback",
        lambda: cnn((2, 2, 2), convolution="volume", pool_size=1),
        lambda: cnn((2, 2), convolution="volume", pool_size=(2, 1, 1)),
    ),
    "pooling of more cells than there are": remedy(
        lambda: cnn((2, 2, 2), pool_size=2),
        "Pool less, along longer axes only, or use fewer blocks",
        lambda: cnn((2, 2, 2), pool_size=1),
        lambda: cnn((2, 2), pool_size=2),
    ),
}
Y_OF_5 = np.asarray(make_windows(TABLE, lookback=5)[1])


class _Seedless(Ridge):
    """A regression whose parameters hold no seed."""

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha)


def _cut() -> Windows:
    return Crop(3).fit_transform(X)


def _flat() -> Any:
    return make_pipeline(Flatten(), Ridge())


def _grid() -> xarray.DataArray:
    times = pd.date_range("2024-01-01", periods=40)
    return xarray.DataArray(MAPS[:, 0], {"time": times}, ["time", "y", "x"])


def _with_known() -> Windows:
    return windows(known=pd.DataFrame({"k": np.arange(60.0)}, DAYS))[0]


def _with_part(steps: int) -> Windows:
    return X.with_parts({"z": np.zeros((len(X), steps, 2))})


def _with_compute(**compute: Any) -> Any:
    from stforecast.estimators import Compute

    return ignore_warnings(lambda: trained(compute=Compute(**compute)))
