"""Dense heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from stforecast.exceptions import ShapeError
from stforecast.nn import DenseHead, StepHead
from stforecast.nn.heads import LastStep
from stforecast.nn.pooling import AverageCells
from tests.nn.checks import count, exported, idle_weights, noise, randomised
from tests.nn.oracles import weights_of

B, T, F, H, W, HORIZON, K, S = 3, 5, 4, 2, 3, 7, 2, 3
VECTORS, MAPS = noise(B, T, F), noise(B, T, F, H, W)
PARTS = {"known": noise(B, HORIZON, K, seed=1), "static": noise(B, S, seed=2)}
COVARIATES = {
    DenseHead: {"known": (HORIZON, K), "static": S},
    StepHead: {"known_features": K, "static_features": S},
}
SIZES = {DenseHead: 2 * HORIZON, StepHead: (HORIZON, 2)}
HEADS = [DenseHead, StepHead]


def make(head: type[nn.Module], **options: Any) -> nn.Module:
    sizes = SIZES[head] if isinstance(SIZES[head], tuple) else (SIZES[head],)
    return randomised(head(F, *sizes, **options))


def test_last_step_takes_the_first_of_channels_that_run_backwards() -> None:
    output = noise(2, 5, 4, 2, 3)
    expected = torch.stack([output[:, -1, 0], output[:, -1, 1], output[:, 0, 2], output[:, 0, 3]])
    torch.testing.assert_close(LastStep(2)(output), expected.transpose(0, 1))
    torch.testing.assert_close(LastStep()(output), output[:, 4])


def test_last_step_of_a_two_way_lstm_is_its_final_state() -> None:
    lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    output, (h, _) = lstm(torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(LastStep(4)(output), torch.cat([h[0], h[1]], dim=1))


def test_dense_head_is_one_linear_map_of_all_it_reads() -> None:
    head = make(DenseHead, grid=(H, W), **COVARIATES[DenseHead])
    columns = [MAPS[:, -1].reshape(B, -1), PARTS["known"].reshape(B, -1), PARTS["static"]]
    weights = weights_of(head)
    expected = np.concatenate(columns, axis=1) @ weights["out.weight"].T + weights["out.bias"]
    np.testing.assert_allclose(head(MAPS, None, PARTS).detach(), expected, atol=1e-12)


def test_dense_head_with_a_hidden_layer_follows_the_equations() -> None:
    head = make(DenseHead, hidden=6, activation="tanh", known=(HORIZON, K))
    columns = np.concatenate([VECTORS[:, -1], PARTS["known"].reshape(B, -1)], axis=1)
    w = weights_of(head)
    hidden = np.tanh(columns @ w["hidden.0.weight"].T + w["hidden.0.bias"])
    expected = hidden @ w["out.weight"].T + w["out.bias"]
    np.testing.assert_allclose(head(VECTORS, None, PARTS).detach(), expected, atol=1e-12)


def test_step_head_is_one_shared_network_on_features_covariates_and_one_hot_step() -> None:
    head = make(StepHead, hidden=6, activation="tanh", **COVARIATES[StepHead])
    w = weights_of(head)
    first = np.concatenate([w["window.weight"], w["known.weight"], w["step"].T], axis=1)
    steps = []
    for k in range(HORIZON):
        one_hot = np.broadcast_to(np.eye(HORIZON)[k], (B, HORIZON))
        row = np.concatenate(
            [VECTORS[:, -1], PARTS["static"], PARTS["known"][:, k], one_hot], axis=1
        )
        hidden = np.tanh(row @ first.T + w["window.bias"])
        steps.append(hidden @ w["out.weight"].T + w["out.bias"])
    expected = np.stack(steps, axis=1).reshape(B, -1)  # step-major
    np.testing.assert_allclose(head(VECTORS, None, PARTS).detach(), expected, atol=1e-12)


@pytest.mark.parametrize("head", HEADS)
def test_an_embedding_is_a_linear_map_of_the_static_features(head: type[nn.Module]) -> None:
    made = make(head, embedding=2, **COVARIATES[head])
    embedded = PARTS["static"] @ made.embed.weight.T
    joined = {name: 2 if name.startswith("static") else size
              for name, size in COVARIATES[head].items()}  # fmt: skip
    plain = make(head, **joined)
    plain.load_state_dict({k: v for k, v in made.state_dict().items() if k != "embed.weight"})
    expected = plain(VECTORS, None, {**PARTS, "static": embedded})
    torch.testing.assert_close(made(VECTORS, None, PARTS), expected)


def test_step_head_lets_each_step_see_its_own_covariates_only() -> None:
    head = make(StepHead, known_features=K)
    other = PARTS["known"].clone()
    other[:, 3] += 1
    change = head(VECTORS, None, {"known": other}) - head(VECTORS, None, PARTS)
    moved = change.reshape(B, HORIZON, 2).abs().amax((0, 2)) > 0
    assert moved.tolist() == [False, False, False, True, False, False, False]


@pytest.mark.parametrize("head", HEADS)
def test_average_pooling_has_fewer_weights_and_forgets_the_place(head: type[nn.Module]) -> None:
    flat, average = (make(head, grid=(H, W), pooling=pooling) for pooling in ("flatten", "average"))
    assert count(average) < count(flat)
    assert isinstance(average.features.pool, AverageCells)
    moved = MAPS.flip(-1)
    torch.testing.assert_close(average(moved, None, {}), average(MAPS, None, {}))
    assert not torch.allclose(flat(moved, None, {}), flat(MAPS, None, {}))


@pytest.mark.parametrize("head", HEADS)
def test_vectors_and_maps_of_one_cell_are_the_same(head: type[nn.Module]) -> None:
    built = make(head)
    expected = built(VECTORS, None, {})
    torch.testing.assert_close(built(VECTORS[..., None, None], None, {}), expected)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("pooling", ["flatten", "average"])
@pytest.mark.parametrize("reverse_channels", [0, 2])
def test_every_weight_moves_the_output(
    head: type[nn.Module], pooling: str, reverse_channels: int
) -> None:
    built = make(
        head,
        grid=(H, W),
        pooling=pooling,
        hidden=6,
        activation="tanh",
        reverse_channels=reverse_channels,
        **COVARIATES[head],
    )
    assert idle_weights(built, MAPS, None, PARTS) == []


@pytest.mark.parametrize("head", HEADS)
def test_gradients_are_right(head: type[nn.Module]) -> None:
    built = make(head, hidden=3, activation="tanh", **COVARIATES[head])
    x = VECTORS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: built(x, None, PARTS), x)


@pytest.mark.parametrize("head", HEADS)
def test_dropout_acts_in_training_only_and_spares_what_is_known(head: type[nn.Module]) -> None:
    built = make(head, dropout=0.5, hidden=6)
    assert isinstance(built.features.dropout, nn.Dropout)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trained = built(VECTORS, None, {})
    resting = built.eval()(VECTORS, None, {})
    assert not torch.allclose(trained, resting)
    torch.testing.assert_close(built(VECTORS, None, {}), resting)


def drop_everything(module: nn.Module) -> None:
    for one in module.modules():
        if isinstance(one, nn.Dropout):
            one.p = 1.0


@pytest.mark.parametrize("head", HEADS)
def test_dropout_takes_features_and_hidden_units(head: type[nn.Module]) -> None:
    built = make(head, dropout=0.5, hidden=6, **COVARIATES[head])
    drop_everything(built)
    assert not built.features(VECTORS).any()
    bias = built.out.bias.repeat(B, 14 // len(built.out.bias))
    torch.testing.assert_close(built(VECTORS, None, PARTS), bias)  # no hidden unit is left
    built.eval()
    torch.testing.assert_close(built.features(VECTORS), VECTORS[:, -1])


def test_linear_dense_head_never_drops_the_covariates() -> None:
    head = make(DenseHead, dropout=0.5, known=(HORIZON, K))
    drop_everything(head)
    other = {"known": PARTS["known"] + 1}
    change = head(VECTORS, None, other) - head(VECTORS, None, PARTS)
    expected = head.out.weight[:, F:].sum(1).expand(B, -1)
    torch.testing.assert_close(change, expected)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("option", "name", "kind"),
    [
        ({"hidden": 6}, None, None),
        ({"activation": "tanh", "hidden": 5}, None, None),
        ({"pooling": "average"}, "features.pool", AverageCells),
        ({"reverse_channels": 2}, None, None),
    ],
)
def test_each_option_changes_the_output(
    head: type[nn.Module], option: dict[str, Any], name: str | None, kind: type[nn.Module] | None
) -> None:
    plain, changed = make(head, grid=(H, W)), make(head, grid=(H, W), **option)
    assert not torch.allclose(plain(MAPS, None, {}), changed(MAPS, None, {}))
    if kind is not None:
        assert isinstance(changed.get_submodule(name), kind)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", ["known", "static"])
def test_covariates_reach_the_output(head: type[nn.Module], name: str) -> None:
    built = make(head, **COVARIATES[head])
    changed = {**PARTS, name: PARTS[name] + 1}
    assert not torch.allclose(built(VECTORS, None, PARTS), built(VECTORS, None, changed))


@pytest.mark.parametrize("head", HEADS)
def test_parts_that_were_not_asked_for_are_left_alone(head: type[nn.Module]) -> None:
    built = make(head)
    torch.testing.assert_close(built(VECTORS, None, PARTS), built(VECTORS, None, {}))


def test_step_head_has_as_many_parameters_as_documented() -> None:
    head = make(StepHead, hidden=6, grid=(H, W), **COVARIATES[StepHead])
    assert count(head) == 6 * (F * H * W + S + K + HORIZON + 1) + (6 + 1) * 2


@pytest.mark.parametrize("head", HEADS)
def test_exports_for_any_batch(head: type[nn.Module]) -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = make(head, hidden=6, **COVARIATES[head])

        def forward(self, output: torch.Tensor, parts: dict[str, torch.Tensor]) -> torch.Tensor:
            return self.head(output, None, parts)

    bare = Bare()
    program = exported(bare, VECTORS, PARTS)
    more = {name: torch.cat([part, part]) for name, part in PARTS.items()}
    torch.testing.assert_close(
        program(torch.cat([VECTORS] * 2), more), bare(torch.cat([VECTORS] * 2), more)
    )


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("output", [noise(B, T, F + 1), noise(B, T, F, 3, 2), noise(B, T, F)])
def test_other_features_are_refused(head: type[nn.Module], output: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"built for features \['B', 'T', 4, 2, 3\], but got"):
        make(head, grid=(H, W))(output, None, {})


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", ["known", "static"])
def test_missing_part_is_named(head: type[nn.Module], name: str) -> None:
    parts = {key: part for key, part in PARTS.items() if key != name}
    with pytest.raises(ShapeError, match=f"built for a part '{name}' .*Pass it with the windows"):
        make(head, **COVARIATES[head])(VECTORS, None, parts)


@pytest.mark.parametrize("head", HEADS)
def test_known_of_another_horizon_is_refused(head: type[nn.Module]) -> None:
    parts = {**PARTS, "known": PARTS["known"][:, :3]}
    with pytest.raises(ShapeError, match=r"'known' of shape \['B', 7, 2\], but got \[3, 3, 2\]"):
        make(head, **COVARIATES[head])(VECTORS, None, parts)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("option", "names"), [("pooling", "'average'"), ("activation", "'relu'")])
def test_unknown_names_are_refused(head: type[nn.Module], option: str, names: str) -> None:
    with pytest.raises(ValueError, match=f"{option} must be .*{names}"):
        make(head, hidden=3, **{option: "none"})
