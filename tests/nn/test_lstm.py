"""The fully connected LSTM."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stforecast.exceptions import ShapeError
from stforecast.nn import LSTM, lstm
from tests.nn.checks import count, exported, idle_weights, noise, randomised
from tests.nn.oracles import ACTIVATIONS, UNITS, torch_layout, weights_of

OPTIONS = [
    {},
    {"num_layers": 2},
    {"bidirectional": True},
    {"residual": True},
    {"num_layers": 3, "bidirectional": True, "residual": True},
    {"activation": "elu"},
    {"num_layers": 2, "bidirectional": True, "residual": True, "activation": "sigmoid"},
    {"cell": "gru"},
    {"num_layers": 2, "bidirectional": True, "residual": True, "cell": "gru"},
    {"activation": "elu", "bidirectional": True, "cell": "gru"},
    {"cell": "rnn"},
    {"num_layers": 2, "bidirectional": True, "residual": True, "cell": "rnn"},
    {"activation": "sigmoid", "num_layers": 2, "cell": "rnn"},
]


def oracle(layer: LSTM, x: np.ndarray, activation: str = "tanh", cell: str = "lstm") -> np.ndarray:
    """All layers, both directions and residuals, from the equations."""
    x = x.reshape(*x.shape[:2], -1)
    for module in layer.layers:
        zeros = np.zeros((len(x), layer.hidden_channels))
        weights = torch_layout(weights_of(module.lstm))
        act, run = ACTIVATIONS[activation], UNITS[cell]
        output, _, _ = run(x, weights, "l0", zeros, zeros, act)
        if layer.reverse_channels:
            back, _, _ = run(x[:, ::-1], weights, "l0_reverse", zeros, zeros, act)
            output = np.concatenate([output, back[:, ::-1]], axis=2)
        if module.shortcut is not None:
            output = output + module.shortcut(torch.from_numpy(x)).detach().numpy()
        x = output
    return x


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shape", [(2, 5, 3, 1, 2), (1, 1, 1, 1, 1), (3, 2, 4, 1, 1)])
def test_output_follows_the_equations(options: dict[str, object], shape: tuple[int, ...]) -> None:
    layer = randomised(LSTM(int(np.prod(shape[2:])), 4, **options))
    x = noise(*shape)
    expected = oracle(
        layer, x.numpy(), options.get("activation", "tanh"), options.get("cell", "lstm")
    )
    np.testing.assert_allclose(layer(x)[0].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_follows_the_equations(activation: str) -> None:
    layer = randomised(LSTM(6, 4, activation=activation))
    x = noise(2, 5, 6)
    expected = oracle(layer, x.numpy(), activation)
    np.testing.assert_allclose(layer(x)[0].detach(), expected, atol=1e-12)
    other = oracle(layer, x.numpy(), "elu" if activation == "tanh" else "tanh")
    assert np.abs(expected - other).max() > 1e-3


@pytest.mark.parametrize(("cell", "theirs"), [("gru", torch.nn.GRU), ("rnn", torch.nn.RNN)])
def test_other_units_equal_torch_from_any_state(cell: str, theirs: type) -> None:
    layer = randomised(LSTM(6, 4, cell=cell, bidirectional=True))
    twin = theirs(6, 4, batch_first=True, bidirectional=True).double()
    twin.load_state_dict(layer.layers[0].lstm.state_dict())
    x, start = noise(3, 5, 6), noise(2, 3, 4, seed=1)
    output, (h, c) = layer(x, (start, start))
    expected, end = twin(x, start)
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(h, end)
    torch.testing.assert_close(c, end)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_stack_equals_torch(bidirectional: bool) -> None:
    layer = randomised(LSTM(6, 4, num_layers=2, bidirectional=bidirectional))
    theirs = torch.nn.LSTM(6, 4, 2, batch_first=True, bidirectional=bidirectional).double()
    for k, module in enumerate(layer.layers):
        for name, parameter in module.lstm.named_parameters():
            theirs.get_parameter(name.replace("l0", f"l{k}")).data.copy_(parameter.data)
    x = noise(3, 5, 6)
    state = (noise(*layer(x)[1][0].shape, seed=1), noise(*layer(x)[1][1].shape, seed=2))
    torch.testing.assert_close(layer(x, state), theirs(x, state))


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients_are_right(options: dict[str, object]) -> None:
    layer = randomised(LSTM(3, 2, **options))
    x = noise(2, 3, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], x)


@pytest.mark.parametrize("options", OPTIONS)
def test_every_weight_moves_the_output(options: dict[str, object]) -> None:
    assert idle_weights(randomised(LSTM(6, 3, **options)), noise(4, 5, 6)) == []


def test_zero_weights_give_zeros() -> None:
    layer = LSTM(6, 3)
    for parameter in layer.parameters():
        parameter.data.zero_()
    assert not layer(noise(2, 5, 6).float())[0].any()


def test_forget_bias_starts_at_one_in_total() -> None:
    for module in LSTM(6, 3, num_layers=2, bidirectional=True).layers:
        for direction in ("l0", "l0_reverse"):
            total = sum(getattr(module.lstm, f"bias_{side}_{direction}") for side in ("ih", "hh"))
            torch.testing.assert_close(total[3:6], torch.ones(3))


def test_the_update_gate_of_a_gru_starts_at_one_in_total() -> None:
    unit = LSTM(6, 3, cell="gru").layers[0].lstm
    torch.testing.assert_close((unit.bias_ih_l0 + unit.bias_hh_l0)[3:6], torch.ones(3))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_two_halves_equal_the_whole(activation: str, cell: str) -> None:
    layer = randomised(LSTM(6, 3, num_layers=2, residual=True, activation=activation, cell=cell))
    x = noise(2, 7, 6)
    early, state = layer(x[:, :3])
    late, end = layer(x[:, 3:], state)
    output, whole = layer(x)
    torch.testing.assert_close(torch.cat([early, late], dim=1), output)
    torch.testing.assert_close(end, whole)


def test_order_of_frames_matters() -> None:
    layer, x = randomised(LSTM(6, 3)), noise(2, 5, 6)
    assert not torch.allclose(layer(x)[0][:, -1], layer(x.flip(1))[0][:, -1])


def test_later_frames_do_not_change_earlier_steps() -> None:
    layer, x = randomised(LSTM(6, 3)), noise(2, 5, 6)
    torch.testing.assert_close(layer(x)[0][:, :3], layer(x[:, :3])[0])


def test_residual_adds_a_shortcut_that_fits() -> None:
    layer = randomised(LSTM(6, 3, num_layers=2, residual=True))
    assert isinstance(layer.layers[0].shortcut, torch.nn.Linear)
    assert isinstance(layer.layers[1].shortcut, torch.nn.Identity)
    plain = LSTM(6, 3, num_layers=2).double()
    plain.load_state_dict({k: v for k, v in layer.state_dict().items() if "shortcut" not in k})
    x = noise(2, 5, 6)
    assert not torch.allclose(plain(x)[0], layer(x)[0])


def test_dropout_acts_in_training_only_and_with_one_layer() -> None:
    layer, x = randomised(LSTM(6, 3, dropout=0.5)), noise(2, 5, 6)
    assert isinstance(layer.layers[0].dropout, torch.nn.Dropout)
    with torch.random.fork_rng():
        assert (layer(x)[0] == 0).any()
    layer.eval()
    assert not (layer(x)[0] == 0).any()


def test_parameters_are_as_many_as_documented() -> None:
    assert count(LSTM(10, 7)) == 4 * 7 * (10 + 7 + 2)


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch's own LSTM
@pytest.mark.parametrize("options", OPTIONS)
def test_exports_for_any_batch(options: dict[str, object]) -> None:
    layer = randomised(LSTM(6, 3, **options))
    program = exported(layer, noise(2, 5, 6, 1, 1))
    x = noise(4, 5, 6, 1, 1, seed=5)
    torch.testing.assert_close(program(x), layer(x))


@pytest.mark.parametrize("shape", [(2, 5, 5), (2, 0, 6), (2, 5, 3, 1, 3), (5, 6)])
def test_wrong_frames_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"built for frames of 6 numbers.*in_features=C \* H \* W"):
        LSTM(6, 3)(torch.zeros(shape))


def test_wrong_state_is_refused() -> None:
    state = (torch.zeros(1, 2, 3), torch.zeros(1, 2, 3))
    with pytest.raises(ShapeError, match=r"each \[2, 2, 3\], but got \[\[1, 2, 3\], \[1, 2, 3\]\]"):
        LSTM(6, 3, num_layers=2)(torch.zeros(2, 5, 6), state)


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"activation must be 'relu'.*got 'than'"):
        LSTM(6, 3, activation="than")


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="cell must be 'lstm', 'gru' or 'rnn', got 'gur'"):
        LSTM(6, 3, cell="gur")


def test_no_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="num_layers must be an integer of at least 1, got 0"):
        LSTM(6, 3, num_layers=0)


def test_without_onednn_the_lstm_is_left_to_torch(monkeypatch):
    # torch's own operations need no AVX-512; those that oneDNN has may not even be there
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    assert lstm._has_half_precision()
    monkeypatch.undo()
    module, x = LSTM(6, 4), torch.randn(2, 5, 6)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    with torch.autocast("cpu", torch.bfloat16):
        assert lstm._has_half_precision()
        output, _ = module(x)
        output.float().sum().backward()
    torch.testing.assert_close(output.float(), module(x)[0], rtol=0.05, atol=0.05)


def test_half_precision_does_without_it_in_the_lstm_where_the_processor_has_none(monkeypatch):
    module, x = LSTM(6, 4), torch.randn(2, 5, 6)
    monkeypatch.setattr(lstm, "_has_half_precision", lambda: False)
    with torch.autocast("cpu", torch.bfloat16):
        output, state = module(x.bfloat16())
    expected, _ = module(x.bfloat16().float())
    torch.testing.assert_close(output, expected)
    assert {output.dtype, *(part.dtype for part in state)} == {torch.float32}
    with torch.autocast("cpu", torch.bfloat16):
        again, _ = module(x.bfloat16(), tuple(part.bfloat16() for part in state))
    assert torch.isfinite(again).all()
