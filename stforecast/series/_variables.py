"""Which variable a series is of: maps of another one, or in another unit, would pass as the same.

Labels that are missing on either side tell nothing, so they are let pass.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from stforecast.exceptions import ShapeError
from stforecast.windows.sources._grids import GridLabels
from stforecast.windows.sources._labels import ColumnLabels, SeriesList
from stforecast.windows.sources._time_series import TimeSeries


def check_variables(before: TimeSeries, series: TimeSeries) -> None:
    """Raise if maps are of another variable than those of fit, in another unit or at another place.

    Of a list, each may be as any of those in fit.
    """
    fitted = [labels for labels in _members(before) if isinstance(labels, GridLabels)]
    if not fitted:
        return
    for labels in _members(series):
        if isinstance(labels, GridLabels):
            _check_name(fitted, labels)
            _check_units(fitted, labels)
            _check_coordinates(fitted, labels)


def check_column_name(before: TimeSeries, fresh: TimeSeries) -> None:
    """Raise if new rows of a column are those of another one."""
    old, new = before.labels, fresh.labels
    if before.is_list or not (isinstance(old, ColumnLabels) and isinstance(new, ColumnLabels)):
        return
    if old.series_name is None or new.series_name is None:
        return
    (name,), (other,) = old.series_name, new.series_name
    if name is not None and other is not None and name != other:
        raise ShapeError(
            f"New rows must be of the column {name!r}, as in fit, got {other!r}. If they are, "
            f"rename them: rows.rename({name!r})."
        )


def _members(series: TimeSeries) -> tuple[Any, ...]:
    layout = None if series.panel is None else series.panel.layout
    return tuple(layout.labels) if isinstance(layout, SeriesList) else (series.labels,)


def _check_name(fitted: list[GridLabels], labels: GridLabels) -> None:
    names = [member.name for member in fitted]
    if labels.variables is None and _differs(names, labels.name):
        raise ShapeError(
            f"Maps must be of the variable of fit, {_listing(names)}, got {labels.name!r}. If they "
            f"are, rename them: series.rename({names[0]!r})."
        )


def _check_units(fitted: list[GridLabels], labels: GridLabels) -> None:
    for name, attributes in labels.attrs.items():
        fit_units = [_unit(member, name) for member in fitted]
        unit = attributes.get("units")
        if _differs(fit_units, unit):
            values = "series" if labels.variables is None else f"series[{name!r}]"
            raise ShapeError(
                f"Maps must be in the unit of fit, {_listing(fit_units)}, got {unit!r}. Convert "
                f"them, and say so: {values}.attrs['units'] = {fit_units[0]!r}."
            )


def _check_coordinates(fitted: list[GridLabels], labels: GridLabels) -> None:
    for name, value in _scalars(labels).items():
        fit_values = [_scalars(member).get(name) for member in fitted]
        if _differs(fit_values, value):
            raise ShapeError(
                f"Maps must be those of {name} = {_listing(fit_values)}, as in fit, got {value!r}. "
                f"Select them where {name} is an axis, .sel({name}={fit_values[0]!r}), or leave it "
                f"out if it says nothing of them: series.drop_vars({name!r})."
            )


def _unit(labels: GridLabels, name: Hashable) -> Any:
    """Return the unit of a variable of a dataset, or that of an array, whatever its name is."""
    key = name if labels.variables is not None else labels.name
    return labels.attrs.get(key, {}).get("units")


def _scalars(labels: GridLabels) -> dict[Hashable, Any]:
    """Return the coordinates of all maps together; not moments, such as those of their making."""
    values = {name: values for name, (dims, values, _) in labels.coords.items() if not dims}
    return {name: value.item() for name, value in values.items() if value.dtype.kind in "iufbUST"}


def _differs(fitted: Iterable[Any], value: Any) -> bool:
    """Whether a value is none of those of fit, where all are there."""
    return value is not None and not any(one is None or _equals(one, value) for one in fitted)


def _equals(one: Any, other: Any) -> bool:
    numbers = int | float
    if isinstance(one, numbers) and isinstance(other, numbers):
        # as a file in single precision rounds them
        return bool(np.isclose(one, other, rtol=1e-6, atol=0.0, equal_nan=True))
    return bool(one == other)


def _listing(values: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys(map(repr, values)))
