"""How grids of xarray are written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.persistence._nodes import Builder, Checker, Kind, Node, SchemaError, Writer, must
from stforecast.persistence._specs import (
    AnySpec,
    Array,
    DictSpec,
    Key,
    NodeKinds,
    Record,
    Text,
    TupleSpec,
)

_PLAIN = AnySpec(roles=())
_DATA = Array() | NodeKinds(("index", "range"), "an index")
_VARIABLE = Record((TupleSpec(Text()), _DATA, DictSpec(_PLAIN, Key())))


def _class_name(value: Any) -> str | None:
    """Return the name of an xarray class, None for anything else, without importing xarray."""
    kind = type(value)
    known = kind.__module__.startswith("xarray.") and kind.__name__ in ("DataArray", "Dataset")
    return kind.__name__ if known else None


def _write(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    is_dataset = _class_name(value) == "Dataset"
    # a DataArray is written as a Dataset with one variable, under the empty name
    variables = dict(value.data_vars) if is_dataset else {"": value}
    fields = {
        "form": _class_name(value),
        "name": None if is_dataset else writer.node(value.name, f"{path}.name"),
        "coordinates": writer.node(_tuples(dict(value.coords), value), f"{path}.coords"),
        "variables": writer.node(_tuples(variables, value), path),
        "attrs": writer.node(dict(value.attrs), f"{path}.attrs"),
    }
    # built at once, since xarray has indexes and arrays beyond those that come back the same
    copy = _build(
        fields, Builder({kind.name: kind for kind in writer.kinds}, writer.arrays, keep_arrays=True)
    )
    if not (copy.identical(value) and _traits(copy) == _traits(value)):
        raise SchemaError(
            path, "is a grid that would come back as another. Use indexes of one level, and arrays"
        )
    return fields


def _tuples(variables: dict[Any, Any], grid: Any) -> dict[Any, tuple[Any, ...]]:
    return {
        name: (tuple(variable.dims), _data(name, variable, grid), dict(variable.attrs))
        for name, variable in variables.items()
    }


def _data(name: Any, variable: Any, grid: Any) -> Any:
    """Return the values of a variable; of times their index, which knows zone and frequency."""
    index = grid.indexes.get(name) if tuple(variable.dims) == (name,) else None
    return index if isinstance(index, pd.DatetimeIndex) else np.asarray(variable.values)


def _traits(grid: Any) -> Any:
    """Return what some releases of xarray leave out when they compare grids."""
    levels = {name: index.nlevels for name, index in grid.indexes.items()}
    return levels, _dtypes(grid)


def _dtypes(grid: Any) -> Any:
    # a DataArray has no `data_vars`: it is its own variable
    own = {} if _class_name(grid) == "Dataset" else {"": grid}
    variables = {**grid.coords, **(own or grid.data_vars)}
    return {name: np.asarray(variable).dtype for name, variable in variables.items()}


def _check(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Text(("DataArray", "Dataset")).check(fields["form"], path, checker)
    Key().check(fields["name"], f"{path}.name", checker)
    DictSpec(_VARIABLE, Key()).check(fields["coordinates"], f"{path}.coords", checker)
    DictSpec(_VARIABLE, Key()).check(fields["variables"], path, checker)
    DictSpec(_PLAIN, Key()).check(fields["attrs"], f"{path}.attrs", checker)
    fits = fields["form"] == "Dataset" or fields["variables"]["keys"] == [""]
    must(fits, path, "must be a grid with its values")


def _build(fields: dict[str, Node], builder: Builder) -> Any:
    try:
        import xarray
    except ImportError as error:
        raise ValueError(
            "it holds a grid of xarray, which is not installed. Install it with pip install xarray"
        ) from error
    coords, variables, attrs = (
        builder.value(fields[name]) for name in ("coordinates", "variables", "attrs")
    )
    if fields["form"] == "Dataset":
        return xarray.Dataset(variables, coords, attrs)
    dims, values, _ = variables[""]
    return xarray.DataArray(values, coords, dims, name=builder.value(fields["name"]), attrs=attrs)


GRIDS = (
    Kind(
        "grid",
        ("form", "name", "coordinates", "variables", "attrs"),
        lambda value: _class_name(value) is not None,
        _write,
        _check,
        _build,
    ),
)
