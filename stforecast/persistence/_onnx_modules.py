"""Fitted estimators as torch modules in their own units, or the reason why there is none."""

from __future__ import annotations

import math
from typing import Any

import torch
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from stforecast.estimators import (
    DeseasonalizedForecaster,
    ForecastAnomalyDetector,
    MonteCarloDropout,
    ProbabilityMatchedForecaster,
    RelativeForecaster,
    SeedEnsemble,
    StencilForecaster,
    WindowRidge,
)
from stforecast.estimators._baseline_modules import convert_baseline
from stforecast.estimators._network import NetEstimator
from stforecast.estimators._scaled_network import UnitNetwork
from stforecast.series import SeriesForecaster

# why what a class does is more than a function of a window, and what to export instead
_REASONS: dict[type, str] = {
    Pipeline: "does more than its last step, which alone can be written. Pass model[-1], and do "
    "the steps before it outside of the file",
    MonteCarloDropout: "draws new weights to leave out at each forecast. Pass its estimator_, "
    "which forecasts with all of them",
    RelativeForecaster: "takes a level from each window first. Pass its estimator_, whose "
    "forecasts are relative to that level",
    DeseasonalizedForecaster: "takes a climatology from each window first. Pass its regressor_, "
    "whose forecasts are distances from it",
    ProbabilityMatchedForecaster: "puts the values of one forecast in the order of another. Pass "
    "its regressor_, whose forecasts have the order",
    ForecastAnomalyDetector: "compares forecasts with what came. Pass its estimator_, which "
    "makes them",
    SeriesForecaster: "keeps a series and makes windows of it. Pass its estimator_, which takes "
    "those windows",
}
_NO_NETWORK = (
    "has no network. Networks, WindowRidge, StencilForecaster and a SeedEnsemble of them can be "
    "written; keep others with save"
)


def onnx_module(model: Any) -> tuple[nn.Module, tuple[int, ...], dict[str, tuple[int, ...]]]:
    """Return a fitted model as a module, the shape of its windows and those of their parts.

    Raises
    ------
    TypeError
        If the model is more than a function of a window.
    """
    if not isinstance(model, (NetEstimator, WindowRidge, StencilForecaster, SeedEnsemble)):
        raise TypeError(
            f"export_onnx cannot write a {type(model).__name__}, which {_reason(model)}."
        )
    check_is_fitted(model)
    if isinstance(model, SeedEnsemble):
        members = [onnx_module(member) for member in model.estimators_]
        _, window, parts = members[0]
        return Mean([module for module, _, _ in members]), window, parts
    window = tuple(model.window_shape_)
    if isinstance(model, NetEstimator):
        network = UnitNetwork(model.network_, getattr(model, "blend_", None))
        return network, window, dict(network.shapes.parts)
    return BaselineModule(model), window, dict(model.part_shapes_)


def _reason(model: Any) -> str:
    if type(model).__name__ == "SktimeForecaster":  # sktime stays unimported
        return "keeps a series and makes windows of it. Pass its forecaster_.estimator_"
    if not isinstance(model, BaseEstimator):
        return "is not an estimator. Pass a fitted network of this library"
    return next((why for kind, why in _REASONS.items() if isinstance(model, kind)), _NO_NETWORK)


class Mean(nn.Module):
    """The mean of what several modules give for the same windows.

    Parameters
    ----------
    members : list of Module
        The modules.
    """

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, window: Tensor, *parts: Tensor) -> Tensor:
        """Return the mean for windows and their parts."""
        return torch.stack([member(window, *parts) for member in self.members]).mean(dim=0)


class BaselineModule(nn.Module):
    """A fitted `WindowRidge` or `StencilForecaster`, for windows as they are given to `predict`.

    Parameters
    ----------
    baseline : WindowRidge or StencilForecaster
        The regressor.
    """

    def __init__(self, baseline: WindowRidge | StencilForecaster) -> None:
        super().__init__()
        module = convert_baseline(baseline)
        assert module is not None
        steps, *frame = baseline.window_shape_
        if module.frame_count > steps or math.prod(module.frame_shape) != math.prod(frame):
            raise ValueError(
                "A file for other runtimes takes windows of shape "
                f"{tuple(baseline.window_shape_)}, but the baseline reads rows from before a "
                "transformer moved their values. Fit it without the transformer."
            )
        self.module, self.steps, self.frame_shape = module, steps, module.frame_shape
        self.names = tuple(baseline.part_shapes_)

    def forward(self, window: Tensor, *parts: Tensor) -> Tensor:
        """Return what `predict` gives for windows and their parts."""
        frames = window.reshape(-1, self.steps, *self.frame_shape)
        forecasts: Tensor = self.module(frames, dict(zip(self.names, parts, strict=True)))
        return forecasts
