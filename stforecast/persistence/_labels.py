"""How indexes and tables of pandas are written, so that they come back exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.persistence._moments import OFFSET, ZONE, check_period_freq
from stforecast.persistence._nodes import Builder, Checker, Kind, Node, SchemaError, Writer, must
from stforecast.persistence._plain import check_hashes
from stforecast.persistence._specs import (
    AnySpec,
    Array,
    DictSpec,
    Flag,
    Int,
    Key,
    ListSpec,
    NodeKinds,
    Text,
    check_items,
)

_LABELS = NodeKinds(
    ("array", "objects", "strings", "nullable", "categories", "times", "spans", "periods"), "labels"
)
_PLAIN = AnySpec(roles=())
_MAX_CATEGORIES = 4096
# steps of these are multiplied; those of others, such as months, are taken one by one
_FIXED_OFFSETS = ("Hour", "Minute", "Second", "Milli", "Micro", "Nano")
_MAX_STEPS = 2**17
INDEX = NodeKinds(("index", "range", "multiindex"), "an index")
_NULLABLE = {
    "i": pd.arrays.IntegerArray,
    "u": pd.arrays.IntegerArray,
    "f": pd.arrays.FloatingArray,
    "b": pd.arrays.BooleanArray,
}


def labels_node(values: Any, path: str, writer: Writer) -> Node:
    """Return the node of what an index or a column holds."""
    dtype = values.dtype
    if isinstance(values, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return writer.node(_Times(values), path)
    if dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype | pd.DatetimeTZDtype):
        return writer.node(_Times(pd.Index(values)), path)
    if isinstance(dtype, np.dtype):
        return writer.node(values.to_numpy(), path)
    return writer.node(values.array, path)


class _Times:
    """Labels that are times, beside the indexes that have names as well.

    Parameters
    ----------
    index : DatetimeIndex, TimedeltaIndex or PeriodIndex
        The labels.
    """

    def __init__(self, index: Any) -> None:
        self.index = index


def _time_index_test(kind: type) -> Any:
    return lambda value: isinstance(value, _Times) and isinstance(value.index, kind)


def _write_times(value: _Times, path: str, writer: Writer) -> dict[str, Node]:
    index = value.index
    zone = None if index.tz is None else writer.node(index.tz, path)
    values = index.asi8.view(f"M8[{index.unit}]")  # ticks in UTC where there is a zone
    return {**_freq(index, path, writer), "values": writer.node(values, path), "zone": zone}


def _write_spans(value: _Times, path: str, writer: Writer) -> dict[str, Node]:
    values = value.index.asi8.view(f"m8[{value.index.unit}]")
    return {**_freq(value.index, path, writer), "values": writer.node(values, path)}


def _write_periods(value: _Times, path: str, writer: Writer) -> dict[str, Node]:
    return {**_freq(value.index, path, writer), "values": writer.node(value.index.asi8, path)}


def _freq(index: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {"freq": None if index.freq is None else writer.node(index.freq, f"{path}.freq")}


def _check_times(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array("M", (1,)).check(fields["values"], path, checker)
    _check_steps(fields, path, checker)
    ZONE.check(fields["zone"], path, checker)


def _check_spans(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array("m", (1,)).check(fields["values"], path, checker)
    _check_steps(fields, path, checker)


def _check_steps(fields: dict[str, Node], path: str, checker: Checker) -> None:
    freq, (length,) = fields["freq"], fields["values"]["shape"]
    OFFSET.check(freq, path, checker)
    # checked before the frequency is applied, label by label
    fast = freq is None or freq["class"] in _FIXED_OFFSETS or length <= _MAX_STEPS
    must(fast, path, f"must have at most {_MAX_STEPS} labels of such a frequency. Set freq to None")


def _check_periods(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array("i", (1,)).check(fields["values"], path, checker)
    must(fields["values"]["dtype"] == "<i8", path, "must be numbers of periods")
    check_period_freq(fields["freq"], path, checker)


def _build_times(fields: dict[str, Node], builder: Builder) -> Any:
    times = pd.DatetimeIndex(builder.value(fields["values"]), copy=False)
    if fields["zone"] is not None:
        times = times.tz_localize("UTC").tz_convert(builder.value(fields["zone"]))
    return _set_freq(times, fields, builder)


def _build_spans(fields: dict[str, Node], builder: Builder) -> Any:
    return _set_freq(
        pd.TimedeltaIndex(builder.value(fields["values"]), copy=False), fields, builder
    )


def _set_freq(index: Any, fields: dict[str, Node], builder: Builder) -> Any:
    """Return an index that knows its frequency, if that gives its labels.

    pandas, asked to compare the two, infers a frequency first, which takes six times the index.
    """
    if fields["freq"] is None:
        return index
    freq = builder.value(fields["freq"])
    if not len(index):
        return type(index)(index, freq=freq)
    make = pd.date_range if isinstance(index, pd.DatetimeIndex) else pd.timedelta_range
    labels = make(index[0], periods=len(index), freq=freq, unit=index.unit)
    if not np.array_equal(labels.asi8, index.asi8):
        raise ValueError("an index has other labels than its frequency gives")
    return labels


def _build_periods(fields: dict[str, Node], builder: Builder) -> Any:
    freq = builder.value(fields["freq"])
    return pd.PeriodIndex.from_ordinals(builder.value(fields["values"]), freq=freq)


def _is_strings(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return isinstance(value, pd.api.extensions.ExtensionArray) and isinstance(dtype, pd.StringDtype)


def _write_strings(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    items = [None if gap else text for text, gap in zip(value, pd.isna(value), strict=True)]
    na = "NA" if value.dtype.na_value is pd.NA else "nan"
    # pandas 2.2 has another name for the storage of texts whose gaps are NaN
    storage = value.dtype.storage.removesuffix("_numpy")
    return {"items": items, "storage": storage, "na": na}


def _check_strings(fields: dict[str, Node], path: str, checker: Checker) -> None:
    items = fields["items"]
    texts = isinstance(items, list) and all(text is None or isinstance(text, str) for text in items)
    must(texts, path, "must be texts")
    Text(("python", "pyarrow")).check(fields["storage"], path, checker)
    Text(("NA", "nan")).check(fields["na"], path, checker)


def _build_strings(fields: dict[str, Node], builder: Builder) -> Any:
    na = pd.NA if fields["na"] == "NA" else np.nan
    dtype = _string_dtype(fields["storage"], na)
    return pd.array([na if text is None else text for text in fields["items"]], dtype=dtype)


def _string_dtype(storage: str, na: Any) -> pd.StringDtype:
    if na is pd.NA:
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage, na)
    except TypeError:  # pandas 2.2 takes no second argument
        return pd.StringDtype(f"{storage}_numpy")


def _is_nullable(value: Any) -> bool:
    return type(value) in _NULLABLE.values()


def _write_nullable(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    # 0 in the gaps, and a mask that names them: the two arrays that such a column consists of
    mask = np.asarray(pd.isna(value))
    values = value.to_numpy(dtype=value.dtype.numpy_dtype, na_value=0)
    return {"values": writer.node(values, path), "mask": writer.node(mask, f"{path}.mask")}


def _check_nullable(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array("iufb", (1,)).check(fields["values"], path, checker)
    Array("b", (1,)).check(fields["mask"], path, checker)
    fits = fields["values"]["shape"] == fields["mask"]["shape"]
    must(fits, path, "must have a mask of the shape of its values")


def _build_nullable(fields: dict[str, Node], builder: Builder) -> Any:
    values, mask = (np.array(builder.value(fields[name])) for name in ("values", "mask"))
    return _NULLABLE[values.dtype.kind](values, mask)


def _write_categories(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {
        "codes": writer.node(np.asarray(value.codes), path),
        "categories": writer.node(value.categories, f"{path}.categories"),
        "ordered": bool(value.ordered),
    }


def _check_categories(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Array("i", (1,)).check(fields["codes"], path, checker)
    NodeKinds(("index", "range"), "an index").check(fields["categories"], path, checker)
    Flag().check(fields["ordered"], path, checker)


def _build_categories(fields: dict[str, Node], builder: Builder) -> Any:
    codes, categories = builder.value(fields["codes"]), builder.value(fields["categories"])
    if not _are_unique(categories):
        raise ValueError("a column has categories that are there twice")
    if not (categories.is_monotonic_increasing or len(categories) <= _MAX_CATEGORIES):
        # pandas looks them up in a hash table, and numbers can be chosen to collide there
        raise ValueError(f"a column has more than {_MAX_CATEGORIES} categories in no order")
    return pd.Categorical.from_codes(codes, categories=categories, ordered=fields["ordered"])


# -- indexes


def _write_index(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    name = writer.node(value.name, f"{path}.name")
    fields = {"labels": labels_node(value, path, writer), "name": name}
    _check_exact(value, fields, _build_index, path, writer)
    return fields


def _check_index(fields: dict[str, Node], path: str, checker: Checker) -> None:
    _LABELS.check(fields["labels"], path, checker)
    Key().check(fields["name"], f"{path}.name", checker)


def _build_index(fields: dict[str, Node], builder: Builder) -> Any:
    labels = builder.value(fields["labels"])
    name = builder.value(fields["name"])
    if isinstance(labels, pd.Index):  # times, which bring their frequency
        return labels.rename(name)
    # left to itself, pandas makes a MultiIndex of tuples, and finds a type for objects
    return pd.Index(labels, dtype=labels.dtype, name=name, tupleize_cols=False, copy=False)


def _write_range(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    limits = [int(value.start), int(value.stop), int(value.step)]
    return {"limits": limits, "name": writer.node(value.name, f"{path}.name")}


def _check_range(fields: dict[str, Node], path: str, checker: Checker) -> None:
    limits = fields["limits"]
    must(isinstance(limits, list) and len(limits) == 3, path, "must be a range")
    check_items(limits, Int(-(2**62), 2**62), path, checker)
    must(limits[2] != 0, path, "must be a range with a step")
    Key().check(fields["name"], f"{path}.name", checker)


def _write_multiindex(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    fields = {
        "levels": [writer.node(level, f"{path}.{i}") for i, level in enumerate(value.levels)],
        "codes": [writer.node(np.array(row), f"{path}.{i}") for i, row in enumerate(value.codes)],
        "names": [writer.node(name, f"{path}.names") for name in value.names],
    }
    _check_exact(value, fields, _build_multiindex, path, writer)
    return fields


def _check_multiindex(fields: dict[str, Node], path: str, checker: Checker) -> None:
    ListSpec(NodeKinds(("index", "range"), "an index")).check(fields["levels"], path, checker)
    ListSpec(Array("i", (1,))).check(fields["codes"], path, checker)
    ListSpec(Key()).check(fields["names"], path, checker)
    levels, codes, names = (len(fields[name]) for name in ("levels", "codes", "names"))
    must(levels == codes == names and levels > 0, path, "must have codes and a name of each level")


def _build_multiindex(fields: dict[str, Node], builder: Builder) -> Any:
    levels, codes, names = (builder.value(fields[name]) for name in ("levels", "codes", "names"))
    _check_codes(levels, codes)
    # pandas's own check hashes the labels
    return pd.MultiIndex(levels, codes, names=names, verify_integrity=False)


def _check_codes(levels: list[Any], codes: list[np.ndarray]) -> None:
    """Raise unless codes name labels, of which none is there twice.

    pandas would look for labels that are there twice in a hash table, and numbers can be chosen
    so that this takes hours.
    """
    for level, places in zip(levels, codes, strict=True):
        # -1 stands for a missing label
        fit = not places.size or (places.min() >= -1 and places.max() < len(level))
        if not fit or len(places) != len(codes[0]) or not _are_unique(level):
            raise ValueError("an index has codes that fit no labels")


def _are_unique(level: Any) -> bool:
    if isinstance(level, pd.RangeIndex):
        return True  # and the labels of a short file's range may be more than the memory holds
    if level.dtype.kind in "iufmMb" and isinstance(level.dtype, np.dtype):
        values = np.sort(level.to_numpy())  # equal labels become neighbours, without a hash
        return bool((values[1:] != values[:-1]).all())
    if level.is_monotonic_increasing or isinstance(level.dtype, pd.StringDtype):
        return bool(level.is_unique)
    check_hashes(labels := list(level))
    return len(set(labels)) == len(labels)


def _check_exact(index: Any, fields: dict[str, Node], build: Any, path: str, writer: Any) -> None:
    """Raise if an index would come back as another."""
    copy = build(
        fields, Builder({kind.name: kind for kind in writer.kinds}, writer.arrays, keep_arrays=True)
    )
    pair = (copy, index)
    # without names, which are nodes by themselves, and may be NaN
    bare = [labels.set_names([None] * labels.nlevels) for labels in pair]
    is_same = type(copy) is type(index) and bare[0].identical(bare[1])
    traits = [[getattr(labels, name, None) for name in ("freq", "unit")] for labels in pair]
    if not (is_same and traits[0] == traits[1]):
        raise SchemaError(
            path,
            f"is {type(index).__name__} of {index.dtype} with the frequency {traits[1][0]!r:.60}, "
            "which would come back as another. Use a frequency and a zone that pandas names",
        )


# -- tables


def _write_table(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {
        "index": writer.node(value.index, f"{path}.index"),
        "columns": writer.node(value.columns, f"{path}.columns"),
        "values": [
            labels_node(value.iloc[:, i], f"{path}[{i}]", writer) for i in range(value.shape[1])
        ],
        "attrs": writer.node(dict(value.attrs), f"{path}.attrs"),
    }


def _check_table(fields: dict[str, Node], path: str, checker: Checker) -> None:
    INDEX.check(fields["index"], f"{path}.index", checker)
    INDEX.check(fields["columns"], f"{path}.columns", checker)
    ListSpec(_LABELS).check(fields["values"], path, checker)
    DictSpec(_PLAIN, Text()).check(fields["attrs"], f"{path}.attrs", checker)


def _build_table(fields: dict[str, Node], builder: Builder) -> pd.DataFrame:
    index = builder.value(fields["index"])
    # by position first, since labels of columns may be there twice
    columns = dict(enumerate(_column(node, index, builder) for node in fields["values"]))
    # copies would be one more of the whole file
    table = pd.DataFrame(columns, index=index, copy=False)
    table.columns = builder.value(fields["columns"])
    table.attrs = builder.value(fields["attrs"])
    return table


def _column(node: Node, index: Any, builder: Builder) -> pd.Series:
    values = builder.value(node)
    values = values.array if isinstance(values, pd.Index) else values
    if len(values) != len(index):
        raise ValueError(f"a table has a column of {len(values)} rows under {len(index)} labels")
    return pd.Series(values, index, dtype=values.dtype, copy=False)


def _write_column(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {
        "index": writer.node(value.index, f"{path}.index"),
        "name": writer.node(value.name, f"{path}.name"),
        "values": labels_node(value, path, writer),
        "attrs": writer.node(dict(value.attrs), f"{path}.attrs"),
    }


def _check_column(fields: dict[str, Node], path: str, checker: Checker) -> None:
    INDEX.check(fields["index"], f"{path}.index", checker)
    Key().check(fields["name"], f"{path}.name", checker)
    _LABELS.check(fields["values"], path, checker)
    DictSpec(_PLAIN, Text()).check(fields["attrs"], f"{path}.attrs", checker)


def _build_column(fields: dict[str, Node], builder: Builder) -> pd.Series:
    column = _column(fields["values"], builder.value(fields["index"]), builder)
    column.name = builder.value(fields["name"])
    column.attrs = builder.value(fields["attrs"])
    return column


LABELS = (
    Kind(
        "times",
        ("values", "freq", "zone"),
        _time_index_test(pd.DatetimeIndex),
        _write_times,
        _check_times,
        _build_times,
    ),
    Kind(
        "spans",
        ("values", "freq"),
        _time_index_test(pd.TimedeltaIndex),
        _write_spans,
        _check_spans,
        _build_spans,
    ),
    Kind(
        "periods",
        ("values", "freq"),
        _time_index_test(pd.PeriodIndex),
        _write_periods,
        _check_periods,
        _build_periods,
    ),
    Kind(
        "strings",
        ("items", "storage", "na"),
        _is_strings,
        _write_strings,
        _check_strings,
        _build_strings,
    ),
    Kind(
        "nullable",
        ("values", "mask"),
        _is_nullable,
        _write_nullable,
        _check_nullable,
        _build_nullable,
    ),
    Kind(
        "categories",
        ("codes", "categories", "ordered"),
        lambda value: type(value) is pd.Categorical,
        _write_categories,
        _check_categories,
        _build_categories,
    ),
    Kind(
        "multiindex",
        ("levels", "codes", "names"),
        lambda value: type(value) is pd.MultiIndex,
        _write_multiindex,
        _check_multiindex,
        _build_multiindex,
    ),
    Kind(
        "range",
        ("limits", "name"),
        lambda value: type(value) is pd.RangeIndex,
        _write_range,
        _check_range,
        lambda fields, builder: pd.RangeIndex(
            *fields["limits"], name=builder.value(fields["name"])
        ),
    ),
    Kind(
        "index",
        ("labels", "name"),
        lambda value: isinstance(value, pd.Index),
        _write_index,
        _check_index,
        _build_index,
    ),
    Kind(
        "table",
        ("index", "columns", "values", "attrs"),
        lambda value: type(value) is pd.DataFrame,
        _write_table,
        _check_table,
        _build_table,
    ),
    Kind(
        "column",
        ("index", "name", "values", "attrs"),
        lambda value: type(value) is pd.Series,
        _write_column,
        _check_column,
        _build_column,
    ),
)
