"""The functions that a model may hold: a file names them by a key of this table alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from operator import attrgetter
from typing import Any

import numpy as np
from sklearn import feature_selection
from sklearn.metrics import get_scorer, get_scorer_names

from stforecast.persistence._nodes import Builder, Checker, Kind, Node, SchemaError, Writer, must
from stforecast.persistence._specs import (
    DictSpec,
    Fields,
    Int,
    ListSpec,
    NodeKinds,
    NoneSpec,
    Text,
    TupleSpec,
)
from stforecast.series import forecast_scorer
from stforecast.windows import calendar_features

_score_function = attrgetter("_score_func")  # scorers have no public name for it

# functions of one array, for `FunctionTransformer` and `TransformedTargetRegressor`
_NUMPY_FUNCTIONS = (
    "abs arccosh arcsinh arctan arctanh asarray cbrt cos cosh deg2rad exp exp2 expm1 log log10 "
    "log1p log2 negative positive rad2deg reciprocal sign sin sinh sqrt square tan tanh"
)
_SELECTION_SCORES = "chi2 f_classif f_regression mutual_info_classif mutual_info_regression"
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"numpy.{name}": getattr(np, name) for name in _NUMPY_FUNCTIONS.split()},
    **{
        f"sklearn.feature_selection.{name}": getattr(feature_selection, name)
        for name in _SELECTION_SCORES.split()
    },
    "stforecast.windows.calendar_features": calendar_features,
}
_TURNS = Text(("hour", "weekday", "month", "yearday"))
_CODE = re.compile(r"[A-Z]{2,3}(?:-[A-Z0-9]{1,4})?")


class _Country:
    """The code of a country, or of a part of it."""

    def is_match(self, node: Node) -> bool:
        return isinstance(node, str) and _CODE.fullmatch(node) is not None

    def check(self, node: Node, path: str, checker: Checker) -> None:
        must(self.is_match(node), path, "must be the code of a country")

    def __str__(self) -> str:
        return "the code of a country"


_DAY = NodeKinds(("date", "timestamp"), "a date") | Text()
# the keywords that `partial` may hold of each function
_KEYWORDS = {
    "stforecast.windows.calendar_features": Fields(
        {
            "features": ListSpec(_TURNS) | TupleSpec(_TURNS),
            "encoding": Text(("cyclic", "onehot")) | DictSpec(Text(("cyclic", "onehot"))),
            "harmonics": Int(1, 43200) | DictSpec(Int(1, 43200)),
            "holidays": NoneSpec()
            | _Country()
            | ListSpec(_DAY)
            | TupleSpec(_DAY)
            | NodeKinds(("index",), "an index"),
        }
    )
}


def _key(function: Any) -> str | None:
    # by identity: a function of a user may have the name of one of these
    return next((key for key, entry in FUNCTIONS.items() if entry is function), None)


def _check_function(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Text(tuple(FUNCTIONS)).check(fields["name"], path, checker)


def _is_partial(value: Any) -> bool:
    # with positions a file could set arguments that no spec of a keyword checks
    return type(value) is partial and not value.args and _key(value.func) in _KEYWORDS


def _write_partial(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    return {"name": _key(value.func), "keywords": writer.node(dict(value.keywords), path)}


def _check_partial(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Text(tuple(_KEYWORDS)).check(fields["name"], path, checker)
    _KEYWORDS[fields["name"]].check(fields["keywords"], path, checker)


def _build_partial(fields: dict[str, Node], builder: Builder) -> Any:
    return partial(FUNCTIONS[fields["name"]], **builder.value(fields["keywords"]))


# -- scorers, which a search keeps


@cache
def _scorers() -> dict[str, Any]:
    return {name: get_scorer(name) for name in get_scorer_names()}


def _is_scorer(value: Any) -> bool:
    return type(value).__module__ == "sklearn.metrics._scorer" and hasattr(value, "_score_func")


def _write_scorer(value: Any, path: str, writer: Writer) -> dict[str, Node]:
    for name, scorer in _scorers().items():
        # the representation holds the sign and the keywords
        if (
            _score_function(scorer) is _score_function(value)
            and type(scorer) is type(value)
            and repr(scorer) == repr(value)
        ):
            return {"name": name}
    raise SchemaError(
        path, f"is {value!r:.60}. Use the name of a scorer of scikit-learn as scoring"
    )


def _check_scorer(fields: dict[str, Node], path: str, checker: Checker) -> None:
    Text(tuple(_scorers())).check(fields["name"], path, checker)


def _is_forecast_scorer(value: Any) -> bool:
    return type(value) is type(forecast_scorer("r2"))


SCORERS = NodeKinds(("scorer", "forecast scorer"), "a scorer")
CALLABLES = (
    Kind(
        "function",
        ("name",),
        lambda value: callable(value) and _key(value) is not None,
        lambda value, path, writer: {"name": _key(value)},
        _check_function,
        lambda fields, builder: FUNCTIONS[fields["name"]],
    ),
    Kind(
        "partial",
        ("name", "keywords"),
        _is_partial,
        _write_partial,
        _check_partial,
        _build_partial,
    ),
    Kind(
        "scorer",
        ("name",),
        _is_scorer,
        _write_scorer,
        _check_scorer,
        lambda fields, builder: get_scorer(fields["name"]),
    ),
    Kind(
        "forecast scorer",
        ("name",),
        _is_forecast_scorer,
        lambda value, path, writer: {"name": value.name},
        _check_scorer,
        lambda fields, builder: forecast_scorer(fields["name"]),
    ),
)
