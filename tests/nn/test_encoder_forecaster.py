from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

from stforecast.nn import (
    CNNLSTM,
    LSTM,
    ConvLSTM,
    DenseHead,
    ForecastNet,
    FrameCNN,
    RolloutHead,
)
from stforecast.nn.convlstm_cell import CELLS
from stforecast.nn.recurrence import Residual
from tests.nn import oracles_convlstm as oracle
from tests.nn.checks import exported, noise
from tests.nn.test_convlstm_cell import weights_of

GRID = (3, 4)


def states(layers=2, B=2, F=3, grid=GRID):
    return noise(layers, B, F, *grid, seed=1), noise(layers, B, F, *grid, seed=2)


def rollout(head, state, known=None, static=None, fed=None):
    """The equations in numpy; `fed` [B, horizon, C, H, W] replaces what is read unless NaN."""
    h, c = (list(part.numpy()) for part in state)
    W = head.readout.weight.detach().numpy()[:, :, 0, 0]
    bias = head.readout.bias.detach().numpy()[:, None, None]

    def read():
        return np.einsum("fc,bchw->bfhw", W, np.concatenate(h, axis=1)) + bias

    frames = [read()]
    for step in range(head.horizon):
        x = frames[-1]
        if fed is not None and step:
            x = np.where(np.isnan(fed[:, step - 1]), x, fed[:, step - 1])
        for part in (None if known is None else known[:, step], static):
            if part is not None:
                maps = np.broadcast_to(part[:, :, None, None], (*part.shape, *x.shape[2:]))
                x = np.concatenate([x, maps], axis=1)
        for k, layer in enumerate(head.forecaster.layers):
            residual = isinstance(layer, Residual)
            cell = layer.layer.cell if residual else layer.cell
            h[k], c[k] = oracle.step(x, h[k], c[k], **weights_of(cell))
            x = h[k] + (layer.project(torch.from_numpy(x)).detach().numpy() if residual else 0)
        frames.append(read())
    return np.stack(frames[1:], axis=1)


def flat(frames):
    return frames.reshape(len(frames), -1)


@pytest.mark.parametrize(("layers", "residual"), [(1, False), (2, False), (3, True)])
def test_the_rollout_equals_the_equations(layers, residual):
    head = RolloutHead(3, 2, horizon=4, num_layers=layers, residual=residual).double()
    state = states(layers)
    got = head(None, state, {}).detach().numpy()
    np.testing.assert_allclose(got, flat(rollout(head, state)), atol=1e-12)


def test_known_and_static_are_read_in_every_cell_as_the_equations_say():
    head = RolloutHead(3, 2, horizon=4, num_layers=2, known_features=2, static_features=1).double()
    state, known, static = states(), noise(2, 4, 2), noise(2, 1)
    got = head(None, state, {"known": known, "static": static}).detach().numpy()
    expected = rollout(head, state, known.numpy(), static.numpy())
    np.testing.assert_allclose(got, flat(expected), atol=1e-12)


def test_a_known_step_moves_its_own_frame_and_later_ones_only():
    head = RolloutHead(3, 1, horizon=5, known_features=1).double()
    known = noise(2, 5, 1)
    other = known.clone()
    other[:, 2] += 1
    before, after = (head(None, states(1), {"known": k}).view(2, 5, -1) for k in (known, other))
    assert before[:, :2].equal(after[:, :2])
    assert ((before - after)[:, 2:].abs().amax(dim=(0, 2)) > 1e-6).all()


def test_always_teaching_reads_the_true_frames():
    head = RolloutHead(3, 2, horizon=4, num_layers=2, teacher_forcing=1.0).double()
    state, target = states(), noise(2, 4, 2, *GRID, seed=5)
    got = head(None, state, {"target": target.flatten(1)}).detach().numpy()
    expected = rollout(head, state, fed=target.numpy())
    np.testing.assert_allclose(got, flat(expected), atol=1e-12)


def holey_truth():
    head = RolloutHead(3, 2, horizon=4, num_layers=2, teacher_forcing=1.0).double()
    target = noise(2, 4, 2, *GRID, seed=5)
    missing = noise(2, 4, 2, *GRID, seed=6) > 0.5
    missing[:, 2] = True  # a frame of which nothing is known
    return head, target, missing


def test_cells_whose_truth_is_missing_read_what_was_forecast():
    head, target, missing = holey_truth()
    holey, state = target.masked_fill(missing, torch.nan), states()
    got = head(None, state, {"target": holey.flatten(1)}).detach().numpy()
    np.testing.assert_allclose(got, flat(rollout(head, state, fed=holey.numpy())), atol=1e-12)


def test_missing_truth_leaves_gradients_finite_and_those_of_what_is_there():
    head, target, missing = holey_truth()
    gradients = []
    for stand_in in (torch.nan, torch.inf):
        head.zero_grad()
        holey = target.masked_fill(missing, stand_in).flatten(1)
        error = head(None, states(), {"target": holey}) - target.flatten(1)
        error[~missing.flatten(1)].square().sum().backward()
        gradients.append([p.grad.clone() for p in head.parameters()])
    assert all(gradient.isfinite().all() and gradient.any() for gradient in gradients[0])
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_the_truth_is_read_in_training_only_and_only_if_asked_for():
    head = RolloutHead(3, 2, horizon=4, num_layers=2, teacher_forcing=1.0).double()
    state, parts = states(), {"target": noise(2, 4 * 2 * 12)}
    free = head(None, state, {})
    assert not head(None, state, parts).allclose(free)
    assert head.eval()(None, state, parts).equal(free)
    head.train().teacher_forcing = 0.0
    assert head(None, state, parts).equal(free)


@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_acts_on_the_readout_in_training_only(layers):
    free = RolloutHead(3, 2, horizon=3, num_layers=layers).double()
    head = RolloutHead(3, 2, horizon=3, num_layers=layers, dropout=0.5).double()
    head.load_state_dict(free.state_dict())
    state = states(layers)
    with torch.random.fork_rng():
        trained = head(None, state, {})
    assert not trained.allclose(free(None, state, {}))
    assert head.eval()(None, state, {}).equal(free(None, state, {}))


def test_all_dropped_leaves_the_bias_of_the_readout():
    head = RolloutHead(3, 2, horizon=2, dropout=0.999999).double()
    expected = head.readout.bias.expand(2, 2, -1)[..., None, None].expand(-1, -1, -1, *GRID)
    torch.testing.assert_close(head(None, states(1), {}), expected.flatten(1))


def test_scheduled_sampling_teaches_that_share_of_windows_reproducibly():
    head = RolloutHead(3, 1, horizon=2, teacher_forcing=0.3).double()
    state = tuple(part.expand(-1, 2000, -1, -1, -1) for part in states(1, B=1))
    parts = {"target": torch.ones(2000, 2 * 12, dtype=torch.float64)}
    torch.manual_seed(0)
    first = head(None, state, parts)
    free, second = head(None, state, {}), first.view(2000, 2, 12)[:, 1]
    taught = (second - free.view(2000, 2, 12)[:, 1]).abs().amax(1) > 1e-9
    assert abs(taught.double().mean().item() - 0.3) < 0.03
    torch.manual_seed(0)
    assert head(None, state, parts).equal(first)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("cell", list(CELLS))
def test_every_parameter_learns(cell, residual):
    torch.manual_seed(0)
    options = {"num_layers": 2, "cell": cell, "residual": residual}
    net = ForecastNet(
        ConvLSTM(1, 4, **options), RolloutHead(4, 1, horizon=3, known_features=1, **options)
    )
    before = copy.deepcopy(net.state_dict())
    net(torch.randn(3, 4, 1, *GRID), {"known": torch.randn(3, 3, 1)}).square().sum().backward()
    torch.optim.SGD(net.parameters(), lr=1.0).step()
    assert not [name for name, value in net.state_dict().items() if value.equal(before[name])]


def test_one_layer_works_on_any_grid():
    net = ForecastNet(ConvLSTM(2, 4), RolloutHead(4, 2, horizon=3))
    for grid in [(1, 1), (1, 9), (9, 1), (6, 6)]:
        assert net(torch.zeros(2, 5, 2, *grid)).shape == (2, 3 * 2 * grid[0] * grid[1])


@pytest.mark.parametrize("grid", [(1, 1), (1, 4), (4, 1)])
def test_the_smallest_windows_and_horizons_equal_the_equations(grid):
    head = RolloutHead(3, 1, horizon=1).double()
    state = states(1, B=1, grid=grid)
    got = head(None, state, {}).detach().numpy()
    np.testing.assert_allclose(got, flat(rollout(head, state)), atol=1e-12)
    whole = ForecastNet(ConvLSTM(2, 3), RolloutHead(3, 1, horizon=1))
    assert whole(torch.zeros(1, 1, 2, *grid)).shape == (1, grid[0] * grid[1])


def test_a_longer_horizon_goes_on_where_a_shorter_one_ends():
    short, long = (RolloutHead(3, 2, horizon=h, num_layers=2).double() for h in (2, 5))
    long.load_state_dict(short.state_dict())
    state = states()
    torch.testing.assert_close(long(None, state, {})[:, : 2 * 2 * 12], short(None, state, {}))


@pytest.mark.parametrize("cell", ["plain", "peephole", "norm"])
def test_gradients_of_encoder_and_forecaster_are_exact(cell):
    torch.manual_seed(0)
    encoder = ConvLSTM(1, 2, (2, 3), num_layers=2, residual=True, cell=cell)
    head = RolloutHead(2, 1, 2, num_layers=2, known_features=1, cell=cell)
    net = ForecastNet(encoder, head).double()
    x, known = noise(1, 2, 1, 2, 3).requires_grad_(), noise(1, 2, 1).requires_grad_()
    names, weights = zip(*net.named_parameters(), strict=True)

    def forward(x, known, *values):
        by_name = dict(zip(names, values, strict=True))
        return torch.func.functional_call(net, by_name, (x, {"known": known}))

    assert torch.autograd.gradcheck(forward, (x, known, *weights), fast_mode=True)


def shifted_by(net, x, shift):
    """Forecasts of a window and of the same moved by `shift` cells, the latter moved back."""
    grid = x.shape[-2:]
    plain, moved = (net(part).unflatten(1, (-1, *grid)) for part in (x, x.roll(shift, (-2, -1))))
    return plain, moved.roll((-shift[0], -shift[1]), (-2, -1))


def test_a_forecast_moves_with_its_input_as_a_flattened_cnn_lstms_does_not():
    torch.manual_seed(0)
    x = torch.zeros(1, 3, 1, 13, 15, dtype=torch.float64)
    x[0, :, 0, 6, [5, 6, 7]] = torch.eye(3, dtype=torch.float64)  # one cell lit, to the right
    rolled_out = ForecastNet(ConvLSTM(1, 4), RolloutHead(4, 1, horizon=2)).double()
    cnn = FrameCNN(1, (4,), grid=(13, 15))
    flattened = ForecastNet(CNNLSTM(cnn, LSTM(4 * 13 * 15, 8)), DenseHead(8, 2 * 13 * 15)).double()
    middle = (..., slice(4, 9), slice(4, 11))  # clear of the edges, whose padding stays in place
    plain, moved = shifted_by(rolled_out, x, (1, -1))
    assert plain[middle].std() > 1e-3
    torch.testing.assert_close(moved[middle], plain[middle], rtol=1e-3, atol=1e-4)
    plain, moved = shifted_by(flattened, x, (1, -1))
    assert (plain - moved)[middle].abs().max() > 0.05


def moving_blobs(windows, frames, cells=10, seed=0):
    """One cell lit in a row, one step to the right each frame, round the corner."""
    start = torch.randint(cells, (windows, 1), generator=torch.Generator().manual_seed(seed))
    lit = (start + torch.arange(frames)) % cells
    return torch.nn.functional.one_hot(lit, cells).float()[:, :, None, None]


def test_it_learns_to_move_a_blob_over_the_whole_horizon():
    torch.manual_seed(0)
    net = ForecastNet(ConvLSTM(1, 8, (1, 3)), RolloutHead(8, 1, 3, (1, 3), teacher_forcing=0.5))
    data = moving_blobs(32, 7)[..., :8]  # the blob leaves the view now and then
    x, y = data[:, :4], data[:, 4:].flatten(1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(120):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(x, {"target": y}), y).backward()
        optimizer.step()
    test = moving_blobs(64, 7, seed=1)[..., :8]
    error = (net.eval()(test[:, :4]) - test[:, 4:].flatten(1)).square().mean()
    persistence = (test[:, 3:4] - test[:, 4:]).square().mean()
    assert error < 0.5 * persistence


def test_the_net_survives_pickle_copy_and_export():
    head = RolloutHead(3, 2, horizon=3, num_layers=2, teacher_forcing=0.5)
    net = ForecastNet(ConvLSTM(1, 3, num_layers=2), head).eval()
    x = torch.randn(2, 4, 1, *GRID)
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert twin(x).equal(net(x))
    torch.testing.assert_close(exported(net, torch.randn(3, 4, 1, *GRID))(x), net(x))


@pytest.mark.parametrize("shape", [(1, 2, 3, 3, 4), (2, 2, 5, 3, 4), (2, 2, 3)])
def test_states_of_another_stack_are_refused(shape):
    head = RolloutHead(3, 2, horizon=3, num_layers=2)
    with pytest.raises(ValueError, match=r"built for states \[2, B, 3, H, W\], but the backbone"):
        head(None, (torch.zeros(shape), torch.zeros(shape)), {})


def test_a_backbone_that_runs_backwards_is_refused():
    with pytest.raises(ValueError, match="run backwards in time"):
        ForecastNet(ConvLSTM(1, 3, bidirectional=True), RolloutHead(3, 1, horizon=2))


@pytest.mark.parametrize("name", ["known", "static", "target"])
def test_parts_of_another_shape_are_refused(name):
    head = RolloutHead(
        3, 2, 3, num_layers=2, known_features=2, static_features=1, teacher_forcing=1.0
    ).double()
    parts = {"known": noise(2, 3, 2), "static": noise(2, 1), "target": noise(2, 72)}
    head(None, states(), parts)
    with pytest.raises(ValueError, match=rf"built for a part '{name}' of shape"):
        head(None, states(), parts | {name: noise(2, 9, 9)})


def test_a_part_that_is_missing_is_refused():
    head = RolloutHead(3, 2, 3, num_layers=2, known_features=2).double()
    with pytest.raises(ValueError, match=r"built for a part 'known' of shape .*parts holds \[\]"):
        head(None, states(), {})


def test_residual_links_of_a_single_layer_are_refused():
    with pytest.raises(ValueError, match=r"residual links and num_layers=1\. Use 2 layers"):
        RolloutHead(3, 1, horizon=2, residual=True)


def test_a_horizon_below_one_and_an_impossible_probability_are_refused():
    with pytest.raises(ValueError, match="horizon must be an integer of at least 1, got 0"):
        RolloutHead(3, 1, horizon=0)
    with pytest.raises(ValueError, match=r"teacher_forcing must be a number in \[0, 1\], got 1.5"):
        RolloutHead(3, 1, horizon=1, teacher_forcing=1.5)
