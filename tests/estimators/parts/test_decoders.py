"""Decoders: what each builds, what it refuses, and what its options change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import Tensor

from stforecast.estimators import (
    ConvLSTMForecaster,
    ConvLSTMLayers,
    Decoder,
    DenseDecoder,
    LSTMForecaster,
    PeepholeCell,
    RolloutDecoder,
    StepDecoder,
    Training,
)
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.estimators.parts.quantiles import PinballLoss
from stforecast.exceptions import ShapeError
from stforecast.nn import Head, RolloutHead
from stforecast.nn.recurrence import Residual
from stforecast.windows import FoldTime, make_windows
from tests.estimators.data import map_windows, same_weights, small, table_windows


def forecasts(decoder, X, y, **params):
    return small(ConvLSTMForecaster, decoder=decoder, **params).fit(X, y).predict(X)


def moving_bar(rows: int = 200, seed: int = 0) -> np.ndarray:
    """A bar of one column that steps to the right and comes back on the left."""
    maps = np.zeros((rows, 1, 3, 6))
    maps[np.arange(rows), 0, :, np.arange(rows) % 6] = 1.0
    return maps + 0.05 * np.random.default_rng(seed).normal(size=maps.shape)


def test_rollout_forecasts_maps_that_move() -> None:
    X, y = make_windows(moving_bar(), lookback=4, horizon=4)
    model = ConvLSTMForecaster(
        8, 3, max_epochs=40, lr=0.02, decoder="rollout", random_state=0, device="cpu"
    ).fit(X[:140], y[:140])
    maps = X[150:].unflatten(model.predict(X[150:]))
    truth = X[150:].unflatten(y[150:])
    assert maps.shape == (len(X) - 150, 4, 1, 3, 6)
    last = np.asarray(X[150:])[:, -1:]
    assert np.mean((maps - truth) ** 2) < 0.25 * np.mean((last - truth) ** 2)


def test_rollout_builds_a_head_that_knows_the_covariates() -> None:
    maps, known = moving_bar(40), np.random.default_rng(0).normal(size=(40, 2))
    X, y = make_windows(maps, lookback=4, horizon=2, known=known)
    model = small(ConvLSTMForecaster, kernel_size=3, decoder="rollout").fit(X, y)
    head = model.net_.module_.head
    assert isinstance(head, RolloutHead)
    assert (head.horizon, head.known_features) == (2, 2)
    other = X.with_parts({"known": np.asarray(X.parts["known"]) + 3})
    assert np.abs(model.predict(X) - model.predict(other)).max() > 1e-4


@pytest.mark.parametrize(
    "changed",
    [
        RolloutDecoder(5),
        RolloutDecoder(teacher_forcing=1.0),
        RolloutDecoder(teacher_forcing=1.0, sampling_epochs=1),
        RolloutDecoder(cell="separable"),
        RolloutDecoder(cell=PeepholeCell(per_cell=True)),
    ],
    ids=repr,
)
def test_each_option_of_the_rollout_changes_the_forecast(changed) -> None:
    X, y = map_windows()
    plain = RolloutDecoder(teacher_forcing=1.0 if changed.sampling_epochs else 0.0)
    assert np.abs(forecasts(plain, X, y) - forecasts(changed, X, y)).max() > 1e-5


def test_dropout_of_the_forecaster_acts_in_the_rollout() -> None:
    X, y = map_windows()
    plain, dropped = (forecasts("rollout", X, y, dropout=rate) for rate in (0.0, 0.5))
    assert np.abs(plain - dropped).max() > 1e-5


def test_residual_links_of_the_forecaster_are_in_both_stacks() -> None:
    X, y = map_windows()
    layers = {"layers": ConvLSTMLayers(num_layers=2, residual=True)}
    plain = forecasts("rollout", X, y, layers=ConvLSTMLayers(num_layers=2))
    assert np.abs(plain - forecasts("rollout", X, y, **layers)).max() > 1e-5
    model = small(ConvLSTMForecaster, decoder="rollout", **layers).fit(X, y)
    for stack in (model.net_.module_.backbone, model.net_.module_.head.forecaster):
        assert isinstance(stack.layers[0], Residual)
    with pytest.raises(ValueError, match="a residual link does not change in a single layer"):
        forecasts("rollout", X, y, layers=ConvLSTMLayers(residual=True))


def test_scheduled_sampling_lowers_the_teaching_to_zero() -> None:
    X, y = map_windows()
    decoder = RolloutDecoder(teacher_forcing=0.8, sampling_epochs=4)
    training = Training(validation_fraction=0)
    for epochs, rate in ((1, 0.8), (3, 0.4), (5, 0.0), (6, 0.0)):
        model = small(ConvLSTMForecaster, decoder=decoder, training=training, max_epochs=epochs)
        assert model.fit(X, y).net_.module_.head.teacher_forcing == pytest.approx(rate)


def test_a_forecast_never_sees_the_truth() -> None:
    X, y = map_windows()
    model = small(ConvLSTMForecaster, decoder=RolloutDecoder(teacher_forcing=1.0)).fit(X, y)
    assert model.net_.module_.head.teacher_forcing == 1.0
    np.testing.assert_array_equal(model.predict(X), model.predict(X))


def test_callbacks_of_the_user_stay_beside_those_of_the_decoder() -> None:
    X, y = map_windows()
    seen = []

    def note(net, *args, **kwargs):
        seen.append(net.module_.head.teacher_forcing)

    class Note(Callback):
        on_epoch_end = staticmethod(note)

    decoder = RolloutDecoder(teacher_forcing=1.0, sampling_epochs=2)
    params = {"decoder": decoder, "training": Training(validation_fraction=0)}
    small(ConvLSTMForecaster, **params, net_params={"callbacks": [Note()]}).fit(X, y)
    assert seen == [1.0, 0.5]


def test_a_rollout_needs_targets_on_the_grid() -> None:
    X, y = table_windows()
    folded = FoldTime(width=5).fit_transform(X)
    with pytest.raises(ShapeError, match=r"maps of the grid \(1, 5\).*targets are \(1, 1\)"):
        small(ConvLSTMForecaster, decoder="rollout").fit(folded, y)


@pytest.mark.parametrize(
    "model",
    [
        small(LSTMForecaster, decoder="rollout"),
        small(ConvLSTMForecaster, decoder="rollout", layers=ConvLSTMLayers(bidirectional=True)),
    ],
    ids=["lstm", "both ways"],
)
def test_a_rollout_needs_a_convlstm_that_runs_one_way(model) -> None:
    with pytest.raises(ValueError, match="states of a ConvLSTM that runs one way, got"):
        model.fit(*map_windows())


@pytest.mark.parametrize(
    ("decoder", "match"),
    [
        (RolloutDecoder(teacher_forcing=1.5), r"teacher_forcing must be a number in \[0"),
        (RolloutDecoder(sampling_epochs=0), "sampling_epochs must be an integer of at least 1"),
        (RolloutDecoder(cell="odd"), "decoder__cell must be 'plain'.*got 'odd'"),
        (DenseDecoder(pooling="odd"), "decoder__pooling must be 'flatten' .*got 'odd'"),
        (StepDecoder(pooling="odd"), "decoder__pooling must be 'flatten' .*got 'odd'"),
        ("odd", "decoder must be 'auto', 'dense', 'rollout', 'step' or a Decoder, got 'odd'"),
        (DenseDecoder, r"or a Decoder, got <class .*Pass an object.* DenseDecoder\(\)"),
    ],
    ids=repr,
)
def test_what_a_decoder_cannot_be(decoder, match) -> None:
    with pytest.raises(ValueError, match=match):
        small(ConvLSTMForecaster, decoder=decoder).fit(*map_windows())


@pytest.mark.parametrize(
    ("name", "part"), [("dense", DenseDecoder), ("step", StepDecoder), ("rollout", RolloutDecoder)]
)
def test_a_name_stands_for_a_part(name, part) -> None:
    X, y = map_windows()
    assert isinstance(make_decoder(name), part)
    one, other = (
        small(ConvLSTMForecaster, decoder=decoder).fit(X, y) for decoder in (name, part())
    )
    assert same_weights(one, other)


class SumHead(Head):
    """The sum of the last output, and the epochs in which it was trained."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.scale = torch.nn.Linear(channels, outputs)
        self.epochs = 0

    def forward(self, output: Tensor, state: Any, parts: dict[str, Tensor]) -> Tensor:
        return self.scale(output[:, -1])


class Plain(Decoder):
    """A decoder that says no more than it has to."""

    def build(self, backbone: Any, grid: Any, shapes: Any) -> Head:
        return SumHead(backbone.out_channels, shapes.outputs)


class Special(Plain):
    """A decoder that says everything."""

    quantiles = (0.25, 0.5)

    def build(self, backbone: Any, grid: Any, shapes: Any) -> Head:
        return SumHead(backbone.out_channels, 2 * shapes.outputs)

    def criterion(self, loss: str, masked: bool) -> torch.nn.Module:
        return PinballLoss(self.quantiles, masked)

    def callbacks(self) -> list[Any]:
        class Count(Callback):
            def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
                net.module_.head.epochs += 1

        return [Count()]


def test_a_decoder_of_ones_own_needs_only_to_build() -> None:
    X, y = table_windows()
    model = small(LSTMForecaster, decoder=Plain()).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert not hasattr(model, "predict_quantiles")
    assert model.net_.module_.head.epochs == 0


def test_a_decoder_of_ones_own_can_give_quantiles_a_loss_and_callbacks() -> None:
    X, y = table_windows()
    model = small(LSTMForecaster, decoder=Special()).fit(X, y)
    assert model.predict_quantiles(X).shape == (*y.shape, 2)
    assert model.quantiles_ == (0.25, 0.5)
    assert isinstance(model.net_.criterion_, PinballLoss)
    assert model.net_.module_.head.epochs == 2


def test_only_heads_that_read_the_truth_are_given_it() -> None:
    X, y = map_windows()
    for decoder, reads in (("dense", False), ("step", False), ("rollout", True)):
        head = small(ConvLSTMForecaster, decoder=decoder).fit(X, y).net_.module_.head
        assert head.reads_target is reads
