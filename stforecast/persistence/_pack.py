"""A model with everything inside it as plain arrays and containers, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator

from stforecast.estimators._network import NetEstimator
from stforecast.estimators._scaled_network import ScaledNetwork
from stforecast.persistence._labelled import (
    PackedGrid,
    PackedIndex,
    PackedOffset,
    PackedTable,
    pack_grid,
    pack_index,
    pack_offset,
    pack_table,
    unpack_grid,
    unpack_index,
    unpack_offset,
    unpack_table,
)
from stforecast.persistence._network import pack_network, unpack_network
from stforecast.windows.sources._grids import GridLabels, is_xarray
from stforecast.windows.sources._labels import ArrayLabels, ColumnLabels, LongTable, SeriesList
from stforecast.windows.sources._time_series import Panel, TimeSeries

_PACKERS: dict[type, Callable[[Any], Any]] = {
    ScaledNetwork: pack_network,
    pd.DataFrame: pack_table,
    pd.Series: pack_table,
    pd.Index: pack_index,
    pd.offsets.BaseOffset: pack_offset,
    Path: str,
}
_UNPACKERS: dict[type, Callable[[Any], Any]] = {
    PackedTable: unpack_table,
    PackedIndex: unpack_index,
    PackedGrid: unpack_grid,
    PackedOffset: unpack_offset,
}
_LABELLED = (TimeSeries, Panel, LongTable, SeriesList, ArrayLabels, ColumnLabels, GridLabels)


@dataclass(frozen=True, eq=False)
class PackedDict:
    """A dict under keys that JSON does not have, such as the series of a panel.

    Parameters
    ----------
    keys, values : list
        Its entries.
    """

    keys: list[Any]
    values: list[Any]


def pack(value: Any) -> Any:
    """Return a copy that holds nothing but estimators, containers, arrays and numbers."""
    for kind, packer in _PACKERS.items():
        if isinstance(value, kind):
            return packer(value)
    if is_xarray(value):
        return pack_grid(value)
    if type(value) is dict and any(type(key) not in (str, int) for key in value):
        return PackedDict(list(map(pack, value)), list(map(pack, value.values())))
    return _with_contents(value, pack)


def unpack(value: Any, device: str | None) -> Any:
    """Return what was packed, networks on a device if one is given."""
    if type(value) in _UNPACKERS:
        return _UNPACKERS[type(value)](value)
    if isinstance(value, PackedDict):
        keys, values = (unpack(one, device) for one in (value.keys, value.values))
        return dict(zip(keys, values, strict=True))
    value = _with_contents(value, lambda one: unpack(one, device))
    if isinstance(value, NetEstimator) and hasattr(value, "network_"):
        if device is not None:
            value.device = device
        value.network_ = unpack_network(value.network_, value)
    return value


def _with_contents(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return an estimator or container with everything in it changed, anything else as it is."""
    if isinstance(value, (BaseEstimator, *_LABELLED)):
        changed = object.__new__(type(value))
        vars(changed).update({name: change(one) for name, one in vars(value).items()})
        return changed
    if type(value) in (list, tuple):
        return type(value)(map(change, value))
    if type(value) is dict:
        return {key: change(one) for key, one in value.items()}
    return value
