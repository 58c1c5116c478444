"""Arrays whose axes look as if they stood in another order are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stforecast import CNNLSTMClassifier, ConvLSTMForecaster, LSTMForecaster
from stforecast.exceptions import LayoutWarning, ShapeError
from stforecast.windows import ChannelsFirst

RNG = np.random.default_rng(0)
LAST = RNG.normal(size=(8, 3, 6, 7, 1))


def tiny(kind: Any = LSTMForecaster) -> Any:
    return kind(max_epochs=1, random_state=0)


def test_channels_last_are_named_with_the_transformer() -> None:
    with pytest.warns(LayoutWarning, match=r"6 channels of maps of 7 x 1 .* ChannelsFirst\(\)"):
        tiny().fit(LAST, np.arange(8.0))
    make_pipeline(ChannelsFirst(), tiny()).fit(LAST, np.arange(8.0))


@pytest.mark.parametrize("kind", [LSTMForecaster, CNNLSTMClassifier])
def test_time_last_is_named_with_the_transformer(kind: Any) -> None:
    X, y = RNG.normal(size=(20, 2, 40)), np.arange(20) % 2
    with pytest.warns(LayoutWarning, match=r"2 steps of 40 channels.* FunctionTransformer"):
        tiny(kind).fit(X, y)
    swapped = FunctionTransformer(np.swapaxes, kw_args={"axis1": 1, "axis2": 2})
    model = make_pipeline(swapped, tiny(kind)).fit(X, y)
    assert model[-1].window_shape_ == (40, 2)


@pytest.mark.parametrize("shape", [(8, 3, 1, 6, 7), (8, 3, 2, 8, 8), (8, 12, 20), (8, 7, 8)])
def test_usual_layouts_are_not_warned_of(shape: tuple[int, ...]) -> None:
    tiny().fit(RNG.normal(size=shape), np.arange(8.0))


@pytest.mark.parametrize("y", [np.zeros((8, 3, 1)), np.zeros((8, 2, 6, 7)).tolist()])
def test_targets_with_further_axes_are_named(y: Any) -> None:
    with pytest.raises(ShapeError, match=r"^y must have shape .* got \(8, .*Flatten it: y.reshape"):
        tiny(ConvLSTMForecaster).fit(LAST[:, :, :1], y)
