"""How moments, spans, time zones and frequencies are written, so that they come back exactly."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from stforecast.persistence._nodes import Builder, Checker, Kind, Node, SchemaError, Writer, must
from stforecast.persistence._specs import (
    Array,
    Fields,
    Int,
    NodeKinds,
    NoneSpec,
    Number,
    Text,
    TupleSpec,
)

UNITS = ("s", "ms", "us", "ns")
OFFSETS = (
    "BDay",
    "BHalfYearBegin",
    "BHalfYearEnd",
    "BQuarterBegin",
    "BQuarterEnd",
    "BYearBegin",
    "BYearEnd",
    "BusinessDay",
    "BusinessHour",
    "BusinessMonthBegin",
    "BusinessMonthEnd",
    "CustomBusinessDay",
    "CustomBusinessHour",
    "CustomBusinessMonthBegin",
    "CustomBusinessMonthEnd",
    "DateOffset",
    "Day",
    "Easter",
    "FY5253",
    "FY5253Quarter",
    "HalfYearBegin",
    "HalfYearEnd",
    "Hour",
    "LastWeekOfMonth",
    "Micro",
    "Milli",
    "Minute",
    "MonthBegin",
    "MonthEnd",
    "Nano",
    "QuarterBegin",
    "QuarterEnd",
    "Second",
    "SemiMonthBegin",
    "SemiMonthEnd",
    "Week",
    "WeekOfMonth",
    "YearBegin",
    "YearEnd",
)
_LENGTHS = [
    "year",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
]
_SPAN = NodeKinds(("span",), "a span")
_CLOCK = TupleSpec(NodeKinds(("clock",), "a time of day"))
_ARGUMENTS = {
    **{name: Number() for name in (*_LENGTHS, *(f"{length}s" for length in _LENGTHS))},
    "weekmask": Text() | Array("b", (1,)),
    "holidays": Array("M", (1,)),
    "start": _CLOCK,
    "end": _CLOCK,
    "offset": _SPAN,
    "weekday": Int(0, 6) | NoneSpec(),
    "week": Int(0, 4),
    "day_of_month": Int(1, 31),
    "startingMonth": Int(1, 12),
    "qtr_with_extra_week": Int(1, 4),
    "method": Int(1, 3),
    "variation": Text(("nearest", "last")),
}
# a name of the time-zone database, which leads to no file outside of it
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,3}")
ZONE = NodeKinds(("zone",), "a time zone") | NoneSpec()
OFFSET = NodeKinds(("offset",), "a frequency") | NoneSpec()


def _write_zone(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    form, name = _zone_name(value)
    # tried at once: some zones have a name by which they do not come back
    if not is_same_zone(_zone(form, name), value):
        raise SchemaError(
            path, f"is the time zone {value!r:.60}, which no file can name. Use tz_convert('UTC')"
        )
    return {"form": form, "name": name}


def _zone_name(zone: Any) -> tuple[str, Any]:
    """Return the package that a zone is of, and its name or its seconds east of Greenwich."""
    package = type(zone).__module__.split(".")[0]
    if zone is dt.UTC:  # an instance of dt.timezone as well, so it comes first
        return "UTC", None
    if isinstance(zone, dt.timezone):
        return "fixed", zone.utcoffset(None).total_seconds()
    if isinstance(zone, ZoneInfo):  # the key of one that was read from a file is None
        return "zoneinfo", zone.key
    if package == "pytz":
        offset = getattr(zone, "_minutes", None)
        return ("pytz", zone.zone) if zone.zone is not None else ("pytz fixed", offset)
    if package == "dateutil":
        return _dateutil_name(zone)
    return "unknown", None


def _dateutil_name(zone: Any) -> tuple[str, Any]:
    from dateutil import tz

    if type(zone) is tz.tzutc:
        return "dateutil UTC", None
    if type(zone) is tz.tzoffset and zone.tzname(None) is None:
        return "dateutil fixed", zone.utcoffset(None).total_seconds()
    # a zone of a file says no more than where the file is
    name = re.search(r"zoneinfo/([^']+)'", repr(zone))
    return "dateutil", name and name[1]


def _zone(form: str, name: Any) -> Any:
    """Return a time zone, None where there is none of that name."""
    try:
        if form == "UTC":
            return dt.UTC
        if form == "fixed":
            return dt.timezone(dt.timedelta(seconds=name))
        if form == "zoneinfo":
            return ZoneInfo(name)
        return _package_zone(form, name)
    except (KeyError, TypeError, ValueError, ImportError, OverflowError):
        return None


def _package_zone(form: str, name: Any) -> Any:
    if form.startswith("pytz"):
        import pytz

        return pytz.timezone(name) if form == "pytz" else pytz.FixedOffset(name)
    if form.startswith("dateutil"):
        from dateutil import tz

        if form == "dateutil UTC":
            return tz.tzutc()
        return tz.gettz(name) if form == "dateutil" else tz.tzoffset(None, name)
    return None


def is_same_zone(a: Any, b: Any) -> bool:
    """Whether two time zones are of one class and the same, the variants of pytz included."""
    # pytz has an object for each offset that a zone ever had, and they are not equal
    if type(a).__module__.startswith("pytz") and type(b).__module__.startswith("pytz"):
        return str(a) == str(b) and type(a).__name__ == type(b).__name__
    return type(a) is type(b) and a == b


def _check_zone(fields: dict[str, Node], path: str, checker: Checker) -> None:
    form, name = fields["form"], fields["name"]
    if form in ("UTC", "dateutil UTC"):
        must(name is None, path, "must be a time zone")
    elif form in ("fixed", "dateutil fixed", "pytz fixed"):
        most = 1440 if form == "pytz fixed" else 86400  # a day, in pytz's minutes or in seconds
        must(type(name) in (int, float) and abs(name) < most, path, "must be a fixed time zone")
    else:
        known = form in ("zoneinfo", "pytz", "dateutil") and isinstance(name, str)
        fits = known and _ZONE_NAME.fullmatch(name) is not None
        must(fits, path, "must be a time zone of the database")


def _build_zone(fields: dict[str, Node], builder: Builder) -> Any:
    zone = _zone(fields["form"], fields["name"])
    if zone is None:
        raise ValueError(f"this machine does not know the time zone {fields['name']!r}")
    return zone


def _write_offset(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    name = type(value).__name__
    if name not in OFFSETS or type(value) is not getattr(pd.offsets, name):
        raise SchemaError(
            path, f"is the frequency {value!r:.60}, which no file can hold. Use one of pandas"
        )
    keywords = dict(value.kwds)
    keywords.pop("calendar", None)  # numpy's, which the holidays and the weekmask give again
    if "holidays" in keywords:
        keywords["holidays"] = np.array(keywords["holidays"], dtype="M8[D]")
    arguments = {"is": "dict", "keys": list(keywords), "values": []}
    arguments["values"] = [writer.node(item, f"{path}.{key}") for key, item in keywords.items()]
    fields = {"class": name, "n": int(value.n), "normalize": bool(value.normalize)}
    return {**fields, "arguments": arguments}


def _check_offset(fields: dict[str, Node], path: str, checker: Checker) -> None:
    must(fields["class"] in OFFSETS, path, "must be a frequency of pandas")
    Int(-(2**31), 2**31).check(fields["n"], path, checker)
    must(type(fields["normalize"]) is bool, path, "must be a frequency")
    Fields(_ARGUMENTS).check(fields["arguments"], path, checker)


def _build_offset(fields: dict[str, Node], builder: Builder) -> Any:
    arguments = builder.value(fields["arguments"])
    if "holidays" in arguments:
        arguments["holidays"] = list(arguments["holidays"])
    kind = getattr(pd.offsets, fields["class"])
    return kind(fields["n"], normalize=fields["normalize"], **arguments)


def _write_timestamp(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    zone = None if value.tz is None else writer.node(value.tz, path)
    return {"unit": value.unit, "value": int(value.asm8.view(np.int64)), "zone": zone}


def _check_timestamp(fields: dict[str, Node], path: str, checker: Checker) -> None:
    _check_ticks(fields, path)
    ZONE.check(fields["zone"], path, checker)


def _check_ticks(fields: dict[str, Node], path: str, _checker: Any = None) -> None:
    value = fields["value"]
    # the least integer of 64 bits is numpy's NaT
    fits = fields["unit"] in UNITS and type(value) is int and -(2**63) < value < 2**63
    must(fits, path, "must be a time in ticks of a unit")


def _build_timestamp(fields: dict[str, Node], builder: Builder) -> Any:
    moment = pd.Timestamp(np.datetime64(fields["value"], fields["unit"])).as_unit(fields["unit"])
    if fields["zone"] is None:
        return moment
    return moment.tz_localize("UTC").tz_convert(builder.value(fields["zone"]))


def _build_timedelta(fields: dict[str, Node], builder: Builder) -> Any:
    return pd.Timedelta(np.timedelta64(fields["value"], fields["unit"])).as_unit(fields["unit"])


def _check_period(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Int(-(2**63), 2**63 - 1).check(fields["ordinal"], path, checker)
    check_period_freq(fields["freq"], path, checker)


def check_period_freq(node: Node, path: str, checker: Checker) -> None:
    """Raise unless a node is a frequency that periods can have."""
    NodeKinds(("offset",), "a frequency").check(node, path, checker)
    # pandas refuses others: a period has a length, and nothing to normalise
    plain = node["n"] > 0 and not node["normalize"]
    must(plain, path, "must be a frequency of periods")


def _check_span(fields: dict[str, Node], path: str, checker: Checker) -> None:
    must(type(fields["days"]) is int and abs(fields["days"]) < 10**9, path, "must be a span")
    # as Python normalises spans: only the days can be negative
    for name, most in (("seconds", 86400), ("microseconds", 10**6)):
        fits = type(fields[name]) is int and 0 <= fields[name] < most
        must(fits, path, "must be a span")


def _check_iso(fields: dict[str, Node], path: str, checker: Checker) -> None:
    must(isinstance(fields["iso"], str) and len(fields["iso"]) < 20, path, "must be a date or time")


MOMENTS = (
    Kind(
        "zone",
        ("form", "name"),
        lambda value: isinstance(value, dt.tzinfo),
        _write_zone,
        _check_zone,
        _build_zone,
    ),
    Kind(
        "offset",
        ("class", "n", "normalize", "arguments"),
        lambda value: isinstance(value, pd.offsets.BaseOffset),
        _write_offset,
        _check_offset,
        _build_offset,
    ),
    Kind(
        "missing",
        ("form",),
        lambda value: value is pd.NaT or value is pd.NA,
        lambda value, path, writer: {"form": "NaT" if value is pd.NaT else "NA"},
        lambda fields, path, checker: must(fields["form"] in ("NaT", "NA"), path, "must be NaT"),
        lambda fields, builder: pd.NaT if fields["form"] == "NaT" else pd.NA,
    ),
    Kind(
        "timestamp",
        ("unit", "value", "zone"),
        lambda value: type(value) is pd.Timestamp,
        _write_timestamp,
        _check_timestamp,
        _build_timestamp,
    ),
    Kind(
        "timedelta",
        ("unit", "value"),
        lambda value: type(value) is pd.Timedelta,
        lambda value, path, writer: {
            "unit": value.unit,
            "value": int(value.asm8.view(np.int64)),
        },
        _check_ticks,
        _build_timedelta,
    ),
    Kind(
        "period",
        ("ordinal", "freq"),
        lambda value: type(value) is pd.Period,
        lambda value, path, writer: {
            "ordinal": int(value.ordinal),
            "freq": writer.node(value.freq, path),
        },
        _check_period,
        lambda fields, builder: pd.Period(
            ordinal=fields["ordinal"], freq=builder.value(fields["freq"])
        ),
    ),
    Kind(
        "span",
        ("days", "seconds", "microseconds"),
        lambda value: type(value) is dt.timedelta,
        lambda value, path, writer: {
            name: getattr(value, name) for name in ("days", "seconds", "microseconds")
        },
        _check_span,
        lambda fields, builder: dt.timedelta(**{k: v for k, v in fields.items() if k != "is"}),
    ),
    Kind(
        "date",
        ("iso",),
        lambda value: type(value) is dt.date,
        lambda value, path, writer: {"iso": value.isoformat()},
        _check_iso,
        lambda fields, builder: dt.date.fromisoformat(fields["iso"]),
    ),
    Kind(
        "clock",
        ("iso",),
        lambda value: type(value) is dt.time and value.tzinfo is None,
        lambda value, path, writer: {"iso": value.isoformat()},
        _check_iso,
        lambda fields, builder: dt.time.fromisoformat(fields["iso"]),
    ),
)
