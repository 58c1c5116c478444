"""What wraps a backbone has the channels that the backbone says it gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn

from stforecast.nn import Augmented, EarlyFusion

WRAPPERS = pytest.mark.parametrize(
    "wrap", [EarlyFusion, lambda backbone: Augmented(nn.Identity(), backbone)]
)


@WRAPPERS
def test_a_backbone_that_hides_its_channels_is_refused(wrap: Callable) -> None:
    with pytest.raises(TypeError, match=r"Identity must say .* its out_channels is None"):
        wrap(nn.Identity())


@WRAPPERS
def test_channels_are_those_of_the_backbone(wrap: Callable) -> None:
    assert wrap(nn.Conv2d(2, 5, 3)).out_channels == 5
