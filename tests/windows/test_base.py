"""A fit of a window transformer is done whole or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from stforecast import make_windows
from stforecast.windows import (
    ChannelsFirst,
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldSpace,
    FoldTime,
    Framewise,
    LagsToWindows,
    Spectrogram,
)
from stforecast.windows._base import WindowTransformer

TRANSFORMERS = [
    ChannelsFirst(),
    ColumnsToGrid(),
    Crop(4),
    Flatten(),
    FoldSpace(),
    FoldTime(width=2),
    Framewise(),
    LagsToWindows(),
    Spectrogram(dynamic_range=60.0),
]
TABLE = np.random.default_rng(0).normal(size=(40, 3))
X, _ = make_windows(TABLE, lookback=8, horizon=1)
OTHERS, _ = make_windows(TABLE[:, :2], lookback=6, horizon=1)


def test_every_window_transformer_is_tried() -> None:
    made = {type(one) for one in TRANSFORMERS}
    assert made == {one for one in subclasses(WindowTransformer) if "stforecast" in one.__module__}


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_fit_that_fails_leaves_a_transformer_as_it_was(
    transformer: Any, fitted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformer = clone(transformer)
    if fitted:
        transformer.fit(X)
    before, kind = dict(vars(transformer)), type(transformer)
    learn = kind._fit

    def fail(self: Any, windows: Any) -> None:
        learn(self, windows)
        raise RuntimeError("after all was learned")

    monkeypatch.setattr(kind, "_fit", fail)
    given = np.asarray(OTHERS)[..., None] if kind is ChannelsFirst else OTHERS
    with pytest.raises(RuntimeError, match="after all was learned"):
        transformer.fit(given)
    assert vars(transformer).keys() == before.keys()
    assert all(vars(transformer)[name] is value for name, value in before.items())


def test_frames_that_a_transformer_refuses_leave_nothing_behind() -> None:
    def refuse(rows: np.ndarray) -> np.ndarray:
        raise ValueError("no such frames")

    framewise = Framewise(FunctionTransformer(refuse))
    with pytest.raises(ValueError, match="no such frames"):
        framewise.fit(X)
    assert vars(framewise).keys() == {"transformer"}


def test_a_refit_that_fails_still_transforms_as_the_fit_before() -> None:
    framewise = Framewise(StandardScaler()).fit(X)
    wanted = np.asarray(framewise.transform(X))
    with pytest.raises(ValueError, match="at least one window"):
        framewise.fit(OTHERS[:0])
    np.testing.assert_array_equal(np.asarray(framewise.transform(X)), wanted)


def subclasses(kind: type) -> set[type]:
    """Return all classes below one."""
    return {one for child in kind.__subclasses__() for one in {child, *subclasses(child)}}
