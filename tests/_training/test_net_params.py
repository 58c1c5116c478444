"""What goes to the skorch net is checked before it is made."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from skorch.callbacks import EpochScoring

from stforecast.estimators import LSTMClassifier, QuantileDecoder
from stforecast.windows import make_windows
from tests.estimators.data import noise, same_weights, small, table_windows


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("max_epoch", "Did you mean 'max_epochs'"),
        ("optimiser", "Did you mean 'optimizer'"),
        ("foo", "Leave it out"),
        ("module", "Leave it out"),
        ("module__dropout", "Leave it out"),
        ("device", "Leave it out"),
        ("optimizer__", "Did you mean 'optimizer'"),
        (3, "Leave it out"),
    ],
)
def test_a_name_that_the_net_has_not_is_refused(name: Any, remedy: str) -> None:
    with pytest.raises(ValueError, match=rf"net_params may hold batch_size, .* got .*\. {remedy}"):
        small(net_params={name: 1}).fit(*table_windows())


@pytest.mark.parametrize(
    "params", [{"lr": 0}, {"lr": "fast"}, {"max_epochs": 0.5}, {"batch_size": -5}]
)
def test_a_number_out_of_range_is_refused(params: dict[str, Any]) -> None:
    (name,) = params
    with pytest.raises(ValueError, match=rf"net_params\['{name}'\] must be an? "):
        small(net_params=params).fit(*table_windows())


@pytest.mark.parametrize("callbacks", ["disable", 3, torch.nn.Linear])
def test_callbacks_must_be_a_list(callbacks: Any) -> None:
    with pytest.raises(TypeError, match=r"\['callbacks'\] must be a list of skorch callbacks"):
        small(net_params={"callbacks": callbacks}).fit(*table_windows())


@pytest.mark.parametrize("item", ["stop", ("stop", 3), None])
def test_what_is_no_callback_is_refused(item: Any) -> None:
    with pytest.raises(TypeError, match=r"must hold skorch callbacks or pairs .* got .* Derive it"):
        small(net_params={"callbacks": [item]}).fit(*table_windows())


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"optimizer": "adam"}, "'str' object is not callable"),
        ({"optimizer__betta": 0.9}, "unexpected keyword argument 'betta'"),
        ({"criterion__foo": 1}, "unexpected keyword argument 'foo'"),
    ],
)
def test_what_skorch_cannot_take_is_named(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError, match=rf"skorch can make no net with net_params=.*{reason}"):
        small(net_params=params).fit(*table_windows())


def test_an_error_that_is_not_of_net_params_is_not_put_down_to_them() -> None:
    with pytest.raises(ValueError, match="lr must be a number"):
        small(lr="fast", net_params={"optimizer": torch.optim.SGD}).fit(*table_windows())


def test_options_of_the_optimizer_reach_it() -> None:
    X, y = table_windows()
    plain, slow = small().fit(X, y), small(net_params={"optimizer__betas": (0.5, 0.5)}).fit(X, y)
    assert slow.net_.optimizer_.defaults["betas"] == (0.5, 0.5)
    assert not same_weights(plain, slow)


def test_classifiers_are_checked_too() -> None:
    X, _ = table_windows()
    with pytest.raises(ValueError, match="Did you mean 'callbacks'"):
        LSTMClassifier(4, net_params={"callback": []}).fit(X, [0, 1] * (len(X) // 2))


class Recorded:
    """A scorer that keeps what it is given."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, Any]] = []

    def __call__(self, net: Any, X: Any, y: Any) -> float:
        self.pairs.append((np.asarray(y), net.predict(X)))
        return 0.0


def scored(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Return truth and forecast as a score of the last epoch sees them."""
    recorded = Recorded()
    score = EpochScoring(recorded, name="seen")
    estimator.set_params(net_params={"callbacks": [("seen", score)]}).fit(X, y)
    return recorded.pairs[-1]


@pytest.mark.parametrize("decoder", ["dense", QuantileDecoder((0.1, 0.5, 0.9))])
def test_scores_of_epochs_see_the_units_of_the_targets(decoder: Any) -> None:
    X, y = make_windows(1570 + 100 * noise(80, 1), lookback=5, horizon=2)
    model = small(decoder=decoder, max_epochs=1)
    truth, forecast = scored(model, X, y)
    np.testing.assert_allclose(truth, y[-8:], rtol=1e-6)
    np.testing.assert_allclose(forecast, model.predict(X[-8:]), rtol=1e-5)


def test_scores_of_epochs_see_classes_by_position() -> None:
    X, _ = table_windows()
    labels = np.where(np.asarray(X)[:, -1, 0] > 0, "up", "down")
    truth, forecast = scored(LSTMClassifier(4, max_epochs=2, device="cpu"), X, labels)
    assert set(truth) == {0, 1}
    assert set(forecast) <= {0, 1}
    assert forecast.shape == truth.shape


def test_a_scorer_by_name_is_in_units_too() -> None:
    X, y = make_windows(1570 + 100 * noise(80, 1), lookback=5, horizon=2)
    score = EpochScoring("neg_root_mean_squared_error", name="rmse", lower_is_better=False)
    model = small(net_params={"callbacks": [score]}).fit(X, y)
    assert (model.history_["rmse"] < -50).all()
    pickle.loads(pickle.dumps(model)).predict(X)
