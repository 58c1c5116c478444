"""Maps of several arguments stand in the order of the first, by their labels."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.inspection._map_labels import time_texts
from stforecast.windows.sources._axes import are_close, are_numbers
from stforecast.windows.sources._comparable import comparable_labels, only_number
from stforecast.windows.sources._grids import find_time, is_xarray


def match_maps(arguments: dict[str, Any]) -> list[Any]:
    """Return maps with their axes in the order of the first that names them.

    Arrays without labels stay as they are. Labels that are not those of the first are refused.
    """
    for name, maps in arguments.items():
        check_is_one_array(name, maps)
    labelled = [name for name, maps in arguments.items() if is_xarray(maps)]
    if not labelled:
        return list(arguments.values())
    first = labelled[0]
    like = _put_time_first(arguments[first])
    matched = {name: _match(name, arguments[name], first, like) for name in labelled[1:]}
    return list({**arguments, first: like, **matched}.values())


def check_is_one_array(name: str, maps: Any) -> None:
    """Raise if an argument is a Dataset, whose variables are many arrays."""
    if is_xarray(maps) and hasattr(maps, "data_vars"):
        variables = list(maps.data_vars)
        raise TypeError(
            f"{name} must be one array, got a Dataset of {variables!r:.80}. Pass one of its "
            f"variables: {name}[{variables[0] if variables else 'name'!r}]."
        )


def _put_time_first(maps: Any) -> Any:
    time = find_time(maps.dims)
    return maps if time is None else maps.transpose(time, ...)


def _match(name: str, maps: Any, first: str, like: Any) -> Any:
    """Return a DataArray in the order of another."""
    if maps.ndim != like.ndim:  # what checks the shapes says more
        return maps
    maps = _order_dimensions(name, maps, first, like)
    # a window picked from several keeps its origin as a coordinate without an axis
    for dim in (*like.dims, "origin"):
        labels, like_labels = _labels(maps, dim), _labels(like, dim)
        if labels is None or like_labels is None:
            continue
        positions = _positions(labels, like_labels)
        if positions is None:
            raise ShapeError(_describe(name, labels, first, like_labels, dim))
        if dim in maps.dims:
            maps = maps.isel({dim: positions})
    return maps


def _order_dimensions(name: str, maps: Any, first: str, like: Any) -> Any:
    """Return a DataArray with its dimensions in the order of another's."""
    others = [dim for dim in maps.dims if dim not in like.dims]
    if len(others) > 1:
        raise ShapeError(
            f"{name} must have the dimensions of {first}, {like.dims}, got {maps.dims}. Give them "
            f"these names with {name}.rename, or pass np.asarray({name}) if its axes stand in the "
            "same order."
        )
    # a single other name, such as "step" for "time", is that of the axis which is left
    return maps.transpose(*(dim if dim in maps.dims else others[0] for dim in like.dims))


def _labels(maps: Any, dim: Hashable) -> pd.Index | None:
    """Return the labels along a dimension, or the one label of a coordinate without an axis."""
    if dim not in maps.coords or maps[dim].ndim > 1:
        return None
    return maps.indexes.get(dim, pd.Index(np.atleast_1d(maps[dim].values)))


def _positions(labels: pd.Index, like: pd.Index) -> np.ndarray | None:
    """Return where each label of another stands, None where they are not the same labels."""
    stay = np.arange(len(like))
    if len(labels) != len(like):
        return None
    if are_numbers(labels) and are_numbers(like):
        # by rank, since numbers that differ by rounding are not found by equality
        positions = np.empty_like(stay)
        positions[like.argsort()] = labels.argsort()
        return positions if are_close(labels.to_numpy()[positions], like.to_numpy()) else None
    if only_number(labels, like) or only_number(like, labels):
        return stay
    # dates of different calendars have different types, so their texts are compared
    labels, like = comparable_labels(labels, like) or (labels.map(str), like.map(str))
    if not labels.is_unique:
        return stay if labels.equals(like) else None
    positions = labels.get_indexer(like)
    return positions if (np.sort(positions) == stay).all() else None


def _describe(name: str, labels: pd.Index, first: str, like: pd.Index, dim: Hashable) -> str:
    """Return the rule, the first label that breaks it, and what mends it."""
    missing, other = like[~like.isin(labels)], labels[~labels.isin(like)]
    lacking, lacked = (name, missing) if len(missing) else (first, other)
    difference = "has other labels"
    if len(lacked):
        difference = f"has no {time_texts(lacked[:1])[0]}"
    rule = f"{name} must have the labels of {first} along {dim!r}, but {lacking} {difference}."
    mends = []
    if not len(missing) and labels.is_unique:
        mends.append(f"select {name}.sel({{{dim!r}: {first}[{dim!r}]}})")
    elif not len(other) and like.is_unique:
        mends.append(f"select {first}.sel({{{dim!r}: {name}[{dim!r}]}})")
    elif 0 < len(missing) < len(like):
        mends.append(f"select what both have with xarray.align({first}, {name})")
    if len(labels) == len(like):
        mends.append(f"pass np.asarray({name}) to compare them in the order that they have")
    remedy = ", or ".join(mends) or f"select a {name} of these labels"
    return f"{rule} {remedy[0].upper()}{remedy[1:]}."
