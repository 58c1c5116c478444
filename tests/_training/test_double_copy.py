"""A copy in double precision is what deepcopy gives, whatever the network is made of."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from stforecast._training.double_copy import double_copy
from stforecast.nn import ConvLSTM
from tests.estimators.data import FORECASTERS, small, table_windows


class Other(nn.Module):
    """A module of somebody who keeps weights in a place of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.kept = [self.linear.weight]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.kept[0].t()


def tied() -> nn.Module:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return nn.Sequential(first, nn.BatchNorm1d(3), second, nn.Dropout(0.5))


def check(module: nn.Module, *inputs: torch.Tensor) -> nn.Module:
    before, was_training = deepcopy(module.state_dict()), module.training
    found, wanted = double_copy(module), deepcopy(module).double().eval()
    ours, theirs = (
        one(*(x.double() if x.is_floating_point() else x for x in inputs))
        for one in (found, wanted)
    )
    for one, other in zip(tree(ours), tree(theirs), strict=True):
        assert torch.equal(one, other)
    assert found.state_dict().keys() == before.keys()
    assert not any(one.training for one in found.modules())
    with torch.no_grad():
        for one in found.state_dict().values():
            one.zero_()
    assert module.training == was_training
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    return found


def tree(values: object) -> list[object]:
    return torch.utils._pytree.tree_leaves(values)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_every_network_is_copied_as_deepcopy_does(kind) -> None:
    X, y = table_windows()
    module = small(kind).fit(X, y).net_.module_
    check(module.train(), torch.from_numpy(np.asarray(X[:4], dtype=np.float32))[..., None, None])


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (tied(), (4, 3)),
        (Other(), (4, 3)),
        (nn.Sequential(nn.LSTM(3, 2, bidirectional=True)), (4, 2, 3)),
        (ConvLSTM(2, 3, cell="peephole", num_layers=2, bidirectional=True), (2, 3, 2, 4, 5)),
    ],
    ids=["tied", "other", "lstm", "convlstm"],
)
def test_ties_lists_and_modules_of_others_are_copied(module, inputs) -> None:
    check(module, torch.randn(inputs))


def test_shared_weights_stay_shared() -> None:
    found = double_copy(tied())
    assert found[0].weight is found[2].weight


def test_hooks_come_along() -> None:
    seen, module = [], ConvLSTM(1, 2)
    module.register_forward_hook(lambda *_: seen.append(1))
    double_copy(module)(torch.zeros(1, 1, 1, 2, 2, dtype=torch.float64))
    assert seen == [1]
