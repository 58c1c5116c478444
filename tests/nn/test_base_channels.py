"""What wraps a backbone has the channels that the backbone says it gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn

from stforecast.nn import LSTM, EarlyFusion, ParallelCNNLSTM
from stforecast.nn.augmentation import AugmentedBackbone

WRAPPERS = pytest.mark.parametrize(
    "wrap", [EarlyFusion, lambda backbone: AugmentedBackbone(nn.Identity(), backbone)]
)


@WRAPPERS
def test_what_does_not_say_its_channels_is_refused(wrap: Callable) -> None:
    with pytest.raises(TypeError, match=r"backbone must be a Backbone, got Identity.*Derive"):
        wrap(nn.Identity())


@WRAPPERS
def test_channels_are_those_of_the_backbone(wrap: Callable) -> None:
    assert wrap(LSTM(3, 5)).out_channels == 5


def test_a_fusion_that_hides_its_channels_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Identity must say .* its out_channels is None"):
        ParallelCNNLSTM(nn.Identity(), LSTM(3, 5), nn.Identity())
