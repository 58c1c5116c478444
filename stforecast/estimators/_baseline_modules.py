"""Baselines as torch modules, for runtimes that know no regressors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from stforecast.estimators.baselines._columns import Columns
from stforecast.estimators.baselines.climatology import DampedAnomaly
from stforecast.estimators.baselines.deseasonalized import DeseasonalizedForecaster
from stforecast.estimators.baselines.naive import Persistence
from stforecast.estimators.baselines.ridge import WindowRidge
from stforecast.estimators.baselines.stacked import StackedBaseline
from stforecast.estimators.baselines.stencil import StencilForecaster
from stforecast.estimators.parts.base import NetShapes


def baseline_module(baseline: Any, shapes: NetShapes) -> nn.Module:
    """Return a fitted baseline as a module on the frames [B, T, C, H, W] and parts of a network.

    Raises
    ------
    ValueError
        If the baseline has none, or reads rows that the frames do not show as they were made.
    """
    module = convert_baseline(baseline)
    if module is None:
        raise ValueError(
            "A file for other runtimes holds a baseline of the kind 'ridge', 'stencil' or "
            "'persistence', or 'damped_anomaly' of a series without times, or a stack of these, "
            f"got {_first_without_module(baseline)!r:.60}. Train with one of these, or with "
            "baseline=None."
        )
    _check_input(module, shapes)
    return module


def convert_baseline(baseline: Any) -> BaselineNet | None:
    """Return a fitted baseline as a module on the rows of the series, None where it has none."""
    if isinstance(baseline, StackedBaseline):
        members = [convert_baseline(regressor) for regressor in baseline.regressors_]
        return None if None in members else _weighted(baseline, members)
    if isinstance(baseline, WindowRidge):
        return RidgeModule(baseline)
    if isinstance(baseline, StencilForecaster):
        return Stencil(baseline)
    if isinstance(baseline, DampedAnomaly) and not baseline.climatology_.groups_.names:
        return FadingValues(baseline)
    return LastValues(baseline) if isinstance(baseline, Persistence) else None


def slope_module(baseline: Any) -> BaselineNet | None:
    """Return a module with the slopes of a fitted baseline; None where it has none, or all are 0.

    What an anomaly is measured from depends on the time alone, so that it has no slope. Of a stack
    those are left out that have none.
    """
    if isinstance(baseline, StackedBaseline):
        return _weighted(baseline, [slope_module(member) for member in baseline.regressors_])
    if isinstance(baseline, DampedAnomaly):
        return FadingValues(baseline)
    if isinstance(baseline, DeseasonalizedForecaster):
        return slope_module(baseline.regressor_)
    return convert_baseline(baseline)


def _weighted(stack: StackedBaseline, modules: list[BaselineNet | None]) -> WeightedSum | None:
    """Return the sum of the members of a stack that are modules, None where there are none."""
    values = stack.leads_.outputs // len(stack.leads_.steps)
    terms = [
        (np.repeat(weights, values), module)
        for weights, module in zip(stack.member_weights(), modules, strict=True)
        if module is not None
    ]
    return WeightedSum(terms) if terms else None


def _first_without_module(baseline: Any) -> Any:
    """Return the first member of a stack that cannot be exported; return other baselines as is."""
    if not isinstance(baseline, StackedBaseline):
        return baseline
    return next(
        _first_without_module(member)
        for member in baseline.regressors_
        if convert_baseline(member) is None
    )


def _check_input(module: BaselineNet, shapes: NetShapes) -> None:
    frame = (shapes.channels, *shapes.frame[1:])
    if module.frame_shape != frame or module.frame_count > shapes.steps:
        raise ValueError(
            f"A file for other runtimes takes windows as the network sees them, {shapes.steps} "
            f"frames of {frame}, but the baseline reads {module.frame_count} of "
            f"{module.frame_shape}, before a transformer moved their values. Train with "
            "baseline=None, or without the transformer."
        )


class _Frames(nn.Module):
    """The last frames, without gaps, as logarithms where asked, and which channels are relative."""

    def __init__(self, columns: Columns, channels: int) -> None:
        super().__init__()
        self.frames, self.log = columns.frames, columns.log
        self.channels = list(columns.channels)
        relative = np.zeros((channels, 1, 1))
        relative[self.channels] = 1
        self.register_buffer("relative", torch.tensor(relative, dtype=torch.float32))
        self.gaps = columns.means is not None
        means = np.zeros(channels) if columns.means is None else columns.means
        self.register_buffer("means", torch.tensor(means, dtype=torch.float32))

    def forward(self, frames: Tensor) -> Tensor:
        """Return frames [B, frames, C, H, W]."""
        values = frames[:, frames.shape[1] - self.frames :]
        if self.gaps:
            values = self._fill_gaps(values)
        if not self.log:
            return values
        logarithms = values.clamp_min(torch.finfo(values.dtype).tiny).log()
        return torch.where(self.get_buffer("relative") > 0, logarithms, values)

    def _fill_gaps(self, values: Tensor) -> Tensor:
        steps = list(values.unbind(dim=1))
        for t in range(1, len(steps)):
            steps[t] = torch.where(steps[t].isnan(), steps[t - 1], steps[t])
        for t in range(len(steps) - 2, -1, -1):
            steps[t] = torch.where(steps[t].isnan(), steps[t + 1], steps[t])
        means = self.get_buffer("means").reshape(steps[0].shape[1:])
        return torch.stack([torch.where(frame.isnan(), means, frame) for frame in steps], dim=1)


class RidgeModule(nn.Module):
    """A fitted `WindowRidge`.

    Parameters
    ----------
    ridge : WindowRidge
        The regressor.
    """

    def __init__(self, ridge: WindowRidge) -> None:
        super().__init__()
        columns = ridge.columns_
        self.parts = columns.parts
        self.frame_shape, self.frame_count = columns.frame, columns.frames
        self.frames = _Frames(columns, self.frame_shape[0])
        self.register_buffer("coef", torch.tensor(ridge.coef_, dtype=torch.float32))
        self.register_buffer("intercept", torch.tensor(ridge.intercept_, dtype=torch.float32))

    def forward(self, frames: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Return forecasts [B, outputs]."""
        values, relative = self.frames(frames), self.frames.get_buffer("relative")
        last = values[:, -1]
        columns = [(values - relative * last[:, None]).flatten(1)]
        columns += [parts[name].flatten(1) for name in self.parts]
        changes = torch.cat(columns, dim=1) @ self.get_buffer("coef") + self.get_buffer("intercept")
        return _add_level(changes, last[:, self.frames.channels].flatten(1), self.frames.log)


class Stencil(nn.Module):
    """A fitted `StencilForecaster`, as a convolution.

    Parameters
    ----------
    stencil : StencilForecaster
        The regressor.
    """

    def __init__(self, stencil: StencilForecaster) -> None:
        super().__init__()
        patches, columns = stencil.patches_, stencil.patches_.columns
        (T, C, h, w), relative = patches.shape, len(columns.channels)
        self.frame_shape, self.frame_count = patches.grid, columns.frames
        self.parts, self.edges = columns.parts, (w // 2, w // 2, h // 2, h // 2)
        self.frames = _Frames(columns, C)
        around, rest = np.split(stencil.coef_, [T * C * h * w])
        kernel = around.T.reshape(-1, T, C, h, w)
        level = rest[:relative].T.copy()  # of the cell's own last value, channel by channel
        for i, channel in enumerate(columns.channels):
            level[:, i] -= kernel[:, :, channel].sum(axis=(1, 2, 3))
        empty = columns.empty_mask
        self.empty = None if empty is None or not empty.any() else _EmptyCells(stencil, kernel)
        for name, value in (
            ("kernel", kernel.reshape(-1, T * C, h, w)),
            ("level", level),
            ("covariates", rest[relative:]),
            ("intercept", stencil.intercept_),
        ):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

    def forward(self, frames: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Return forecasts [B, outputs]."""
        values = self.frames(frames)
        last = values[:, -1, self.frames.channels]
        terms = values if self.empty is None else self.empty.without(values)
        around = functional.pad(terms.flatten(1, 2), self.edges, mode="replicate")
        maps = functional.conv2d(around, self.get_buffer("kernel"), self.get_buffer("intercept"))
        if self.empty is not None:
            maps = maps + self.empty(values)
        maps = maps + torch.einsum("oc,bchw->bohw", self.get_buffer("level"), last)
        if self.parts:
            columns = torch.cat([parts[name].flatten(1) for name in self.parts], dim=1)
            maps = maps + (columns @ self.get_buffer("covariates"))[:, :, None, None]
        return _add_level(maps.flatten(1), last.flatten(1), log=False)


class _EmptyCells(nn.Module):
    """What a stencil makes of cells that never have a value: they count as the cell they surround.

    Parameters
    ----------
    stencil : StencilForecaster
        The regressor.
    kernel : ndarray of shape (outputs, T, C, rows, columns)
        Its weights of the cells around a cell.
    """

    def __init__(self, stencil: StencilForecaster, kernel: np.ndarray) -> None:
        super().__init__()
        patches = stencil.patches_
        _, H, W = patches.grid
        # the weights of all empty neighbours of a cell fall to the cell itself
        centre = np.einsum("otcij,chwij->otchw", kernel, patches.empty_neighbours)
        empty = torch.tensor(patches.columns.empty_mask.reshape(patches.grid))
        outputs = patches.empty_outputs
        outputs = outputs.reshape(-1, H, W) if outputs.size > 1 else np.zeros((1, H, W), bool)
        steps = len(kernel) // len(outputs)
        missing = np.where(np.tile(outputs, (steps, 1, 1)), np.nan, 0.0)
        self.register_buffer("empty", empty)
        self.register_buffer("centre", torch.tensor(centre, dtype=torch.float32))
        self.register_buffer("missing", torch.tensor(missing, dtype=torch.float32))

    def without(self, values: Tensor) -> Tensor:
        """Return frames [B, T, C, H, W] in which empty cells add nothing to a sum."""
        return torch.where(self.get_buffer("empty"), 0.0, values)

    def forward(self, values: Tensor) -> Tensor:
        """Return what empty neighbours add to forecasts [B, outputs, H, W]; NaN of empty cells."""
        maps = torch.einsum("otchw,btchw->bohw", self.get_buffer("centre"), values)
        return maps + self.get_buffer("missing")


class LastValues(nn.Module):
    """A fitted `Persistence`.

    Parameters
    ----------
    persistence : Persistence
        The regressor.
    """

    def __init__(self, persistence: Persistence) -> None:
        super().__init__()
        leads, rows = persistence.leads_, persistence.rows_
        self.frame_shape = _frame_shape(persistence.window_shape_, leads.frame[1])
        # a gap is filled from earlier rows, also those that `Crop` hides from the network
        self.frame_count = 1 if rows.means is None else rows.frames
        self.steps = len(leads.steps)
        self.channels = list(rows.channels)
        means = np.full(leads.frame, np.nan) if rows.means is None else rows.means
        self.register_buffer("means", torch.tensor(means, dtype=torch.float32))

    def forward(self, frames: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Return forecasts [B, outputs]."""
        last, *earlier = frames[:, :, self.channels].flatten(3).flip(1).unbind(dim=1)
        for values in (*earlier, self.get_buffer("means")):
            last = torch.where(last.isnan(), values, last)
        return last.flatten(1).repeat(1, self.steps)


class FadingValues(nn.Module):
    """A fitted `DampedAnomaly`, whose climatology is 0 where it depends on the calendar.

    Parameters
    ----------
    damped : DampedAnomaly
        The regressor.
    """

    def __init__(self, damped: DampedAnomaly) -> None:
        super().__init__()
        leads, climatology = damped.leads_, damped.climatology_
        self.frame_shape = _frame_shape(damped.window_shape_, leads.frame[1])
        self.frame_count, self.channels = 1, list(damped.rows_.channels)
        usual = climatology.means_[:1].reshape(1, *leads.frame)
        usual = np.zeros_like(usual) if climatology.groups_.names else usual
        for name, value in (("usual", usual), ("shares", damped.shares_)):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

    def forward(self, frames: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Return forecasts [B, outputs]; a missing last value counts as usual."""
        last, usual = frames[:, -1:, self.channels].flatten(3), self.get_buffer("usual")
        anomaly = torch.where(last.isnan(), 0.0, last - usual)
        return (usual + self.get_buffer("shares") * anomaly).flatten(1)


class WeightedSum(nn.Module):
    """Several baselines, each times its weights.

    Parameters
    ----------
    terms : list of (ndarray of shape (outputs,), module)
        Weights and baselines on the same frames.
    """

    def __init__(self, terms: list[tuple[np.ndarray, BaselineNet]]) -> None:
        super().__init__()
        weights = np.stack([weights for weights, _ in terms])
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))
        self.members = nn.ModuleList(module for _, module in terms)
        self.frame_shape = terms[0][1].frame_shape
        self.frame_count = max(module.frame_count for _, module in terms)

    def forward(self, frames: Tensor, parts: dict[str, Tensor]) -> Tensor:
        """Return forecasts [B, outputs], where some member has none those of the others."""
        forecasts = torch.stack([member(frames, parts) for member in self.members], dim=1)
        weights, missing = self.get_buffer("weights"), forecasts.isnan()
        total = (weights * torch.where(missing, 0.0, forecasts)).sum(dim=1)
        present = torch.where(missing, 0.0, weights).sum(dim=1)
        # without gaps the factor is 1, also of weights that do not add up to 1; without any, NaN
        return total * torch.where(present > 0, weights.sum(dim=0) / present, torch.nan)


def _frame_shape(window: tuple[int, ...], cells: int) -> tuple[int, int, int]:
    """Return the frames read, whose maps have so many cells, of which a transformer makes windows.

    Rows and columns are known where it left the cells of a map as they were.
    """
    C, H, W = (*window[1:], 1, 1, 1)[:3]
    return (C, H, W) if cells == H * W else (C * H * W // cells, cells, 1)


BaselineNet = RidgeModule | Stencil | LastValues | FadingValues | WeightedSum


def _add_level(changes: Tensor, level: Tensor, log: bool) -> Tensor:
    if level.shape[1]:
        changes = changes + level.repeat(1, changes.shape[1] // level.shape[1])
    return changes.exp() if log else changes
