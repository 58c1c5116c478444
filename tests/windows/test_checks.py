"""scikit-learn's own checks of estimators, all of them, on every transformer."""

from __future__ import annotations

import os

import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

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


@pytest.mark.checks
@pytest.mark.parametrize(
    "transformer",
    [
        ChannelsFirst(),
        ColumnsToGrid(),
        Crop(),
        Crop(1),
        Flatten(),
        FoldSpace(),
        FoldTime(),
        Framewise(),
        Framewise(MinMaxScaler()),
        Framewise(PCA(1)),
        LagsToWindows(),
        Spectrogram(),
        Spectrogram(dynamic_range=None),
    ],
    ids=str,
)
def test_scikit_learn_has_nothing_to_complain(transformer: WindowTransformer) -> None:
    assert os.environ["SCIPY_ARRAY_API"] == "1", "without it checks are skipped"
    results = check_estimator(transformer, on_fail=None, on_skip=None)
    assert len(results) > 40
    assert [
        (r["check_name"], r["status"], r["exception"]) for r in results if r["status"] != "passed"
    ] == []
