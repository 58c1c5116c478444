"""Which values a parameter may have."""

from __future__ import annotations

import numbers
import os
from abc import ABC, abstractmethod
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.base import is_classifier

from stforecast.exceptions import ParameterError

# the classes of parts that None and short names stand for
StandIns: TypeAlias = Mapping[str | None, type]


class Constraint(ABC):
    """The values that one parameter may have."""

    # a type, and values of just that type which are admitted: they are found without a call, since
    # parameters are checked at every fit and every network that is built
    plain: tuple[type, Container[Any]] = (type(None), ())

    @property
    @abstractmethod
    def kinds(self) -> tuple[str, ...]:
        """What a value may be, as a message lists it."""

    @abstractmethod
    def admits(self, value: Any) -> bool:
        """Return whether the parameter may have a value."""

    @property
    def stand_ins(self) -> StandIns:
        """The classes of parts that None and short names stand for."""
        return {}

    def remedy(self, value: Any) -> str:
        """Return a sentence on what to pass instead of a value, empty where the rule says it."""
        return ""

    def error(self, name: str, value: Any) -> ParameterError:
        """Return the error that a parameter has a value which it may not have."""
        text = " ".join(repr(value).split())[:60]  # tables and pipelines show in several lines
        rule = f"{name} must be {_join_kinds(self.kinds)}, got {text}."
        return ParameterError(f"{rule} {self.remedy(value)}".rstrip())

    def check(self, name: str, value: Any) -> None:
        """Raise unless the parameter may have a value."""
        if not self.admits(value):
            raise self.error(name, value)

    def __or__(self, other: Constraint | None) -> Constraint:
        right = NoneValue() if other is None else other
        return Union((*_alternatives(self), *_alternatives(right)))


@dataclass(frozen=True)
class Union(Constraint):
    """Values that one of several constraints admits; made by ``|``."""

    alternatives: tuple[Constraint, ...]

    def __post_init__(self) -> None:
        # `plain` names one type; the first alternative has the values that are passed most.
        # A frozen dataclass takes attributes by `object` alone.
        object.__setattr__(self, "plain", self.alternatives[0].plain)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for constraint in self.alternatives for kind in constraint.kinds)

    @property
    def stand_ins(self) -> StandIns:
        return {
            name: kind
            for constraint in self.alternatives
            for name, kind in constraint.stand_ins.items()
        }

    def admits(self, value: Any) -> bool:
        return any(constraint.admits(value) for constraint in self.alternatives)

    def remedy(self, value: Any) -> str:
        return next(
            filter(None, (constraint.remedy(value) for constraint in self.alternatives)), ""
        )


@dataclass(frozen=True)
class NoneValue(Constraint):
    """None, which stands for an object of a class where parameters of it are set."""

    stands_for: type | None = None
    kinds = ("None",)

    @property
    def stand_ins(self) -> StandIns:
        return {} if self.stands_for is None else {None: self.stands_for}

    def admits(self, value: Any) -> bool:
        return value is None


@dataclass(frozen=True)
class AnyValue(Constraint):
    """Values that only the data can judge."""

    kinds = ("anything",)

    def admits(self, value: Any) -> bool:
        return True


@dataclass(frozen=True)
class Flags(Constraint):
    """True and False."""

    kinds = ("True", "False")
    plain = (bool, (False, True))

    def admits(self, value: Any) -> bool:
        return isinstance(value, bool | np.bool_)


@dataclass(frozen=True)
class Integers(Constraint):
    """Integers within bounds, both included."""

    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        # a range finds an integer by arithmetic; integers beyond 64 bits are left to `admits`
        low = -(2**63) if self.low is None else self.low
        high = 2**63 if self.high is None else self.high
        object.__setattr__(self, "plain", (int, range(low, high + 1)))

    @property
    def kinds(self) -> tuple[str, ...]:
        if self.high is not None:
            low = "of at most" if self.low is None else f"from {self.low} to"
            return (f"an integer {low} {self.high}",)
        return ("an integer" if self.low is None else f"an integer of at least {self.low}",)

    def admits(self, value: Any) -> bool:
        if not isinstance(value, numbers.Integral) or isinstance(value, bool):  # True is an int
            return False
        number = int(value)
        return (self.low is None or number >= self.low) and (
            self.high is None or number <= self.high
        )


@dataclass(frozen=True)
class Numbers(Constraint):
    """Finite real numbers within bounds, of which `closed` are included."""

    low: float
    high: float = float("inf")
    closed: Literal["both", "left", "right", "neither"] = "both"

    def __post_init__(self) -> None:
        # 0.0 switches much off and is passed most; bounds of other floats are left to `admits`
        object.__setattr__(self, "plain", (float, (0.0,) if self.admits(0.0) else ()))

    @property
    def kinds(self) -> tuple[str, ...]:
        left = "[" if self.closed in ("both", "left") else "("
        right = "]" if self.closed in ("both", "right") else ")"
        if np.isinf(self.low) and np.isinf(self.high):
            return ("a finite number",)
        if np.isinf(self.low):
            return (f"a number {'of at most' if right == ']' else 'below'} {self.high:g}",)
        if np.isinf(self.high):
            return (f"a number {'of at least' if left == '[' else 'above'} {self.low:g}",)
        return (f"a number in {left}{self.low:g}, {self.high:g}{right}",)

    def admits(self, value: Any) -> bool:
        if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_):
            return False
        # NaN fails the comparison, infinity the second test
        if not (self.low <= value <= self.high and np.isfinite(value)):
            return False
        open_left = self.closed in ("right", "neither") and value == self.low
        return not (open_left or (self.closed in ("left", "neither") and value == self.high))


@dataclass(frozen=True)
class Sizes(Constraint):
    """A positive integer for all axes, or a list of one for each; `axes` are the lengths."""

    axes: tuple[int, ...]
    plain = (int, range(1, 2**63))

    @property
    def kinds(self) -> tuple[str, ...]:
        lengths = _join_kinds(tuple(map(str, self.axes)))
        return (f"an integer of at least 1, or {lengths} of them, one for each axis",)

    def admits(self, value: Any) -> bool:
        if not isinstance(value, tuple | list):
            return Integers(1).admits(value)
        return len(value) in self.axes and all(map(Integers(1).admits, value))


@dataclass(frozen=True)
class Axes(Constraint):
    """Lists of an integer for each axis, at least `low`; `axes` are the lengths."""

    axes: tuple[int, ...]
    low: int = 1

    @property
    def kinds(self) -> tuple[str, ...]:
        lengths = _join_kinds(tuple(map(str, self.axes)))
        return (f"a tuple of {lengths} integers of at least {self.low}",)

    def admits(self, value: Any) -> bool:
        if not isinstance(value, tuple | list) or len(value) not in self.axes:
            return False
        integers = all(isinstance(size, numbers.Integral) for size in value)
        return integers and bool not in map(type, value) and min(value) >= self.low


@dataclass(frozen=True)
class Letters(Constraint):
    """Some letters of a word, each once."""

    word: str

    @property
    def kinds(self) -> tuple[str, ...]:
        return (f"one or more of the letters of {self.word!r}, each once",)

    def admits(self, value: Any) -> bool:
        known = isinstance(value, str) and set(value) <= set(self.word)
        return known and 0 < len(value) == len(set(value))


@dataclass(frozen=True)
class Sequences(Constraint):
    """Sequences and arrays of `least` values or more, each of which a constraint admits."""

    item: Constraint
    noun: str
    classes: tuple[type, ...] = (Sequence, np.ndarray)
    least: int = 1

    @property
    def kinds(self) -> tuple[str, ...]:
        return (f"a sequence of {'one or more ' if self.least else ''}{self.noun}",)

    def admits(self, value: Any) -> bool:
        if isinstance(value, str) or not isinstance(value, self.classes):
            return False
        # a list has no `ndim`; an array of two axes would offer its rows as values
        enough = getattr(value, "ndim", 1) == 1 and len(value) >= self.least
        return enough and all(map(self.item.admits, value))

    def remedy(self, value: Any) -> str:
        return f"Pass ({value!r},)." if self.item.admits(value) else ""


@dataclass(frozen=True, init=False)
class Options(Constraint):
    """Short names."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "plain", (str, names))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(map(repr, self.names))

    def admits(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.names

    def remedy(self, value: Any) -> str:
        return _suggestion(value, self.names)


@dataclass(frozen=True)
class ShortNames(Constraint):
    """Short names that stand for parts."""

    parts: Mapping[str, type]

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", (str, self.parts))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(map(repr, self.parts))

    @property
    def stand_ins(self) -> StandIns:
        return dict(self.parts)

    def admits(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.parts

    def remedy(self, value: Any) -> str:
        return _suggestion(value, tuple(self.parts))


@dataclass(frozen=True, init=False)
class Part(Constraint):
    """Objects of one of several classes; their own tables are checked as well."""

    classes: tuple[type, ...]

    def __init__(self, *classes: type) -> None:
        object.__setattr__(self, "classes", classes)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(_add_article(kind.__name__) for kind in self.classes)

    def admits(self, value: Any) -> bool:
        return isinstance(value, self.classes)

    def remedy(self, value: Any) -> str:
        return _instance_remedy(value) if _is_subclass(value, self.classes) else ""


@dataclass(frozen=True)
class Instances(Constraint):
    """Objects of classes that are not parts, under a name that says what they are."""

    noun: str
    classes: tuple[type, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.noun,)

    def admits(self, value: Any) -> bool:
        return isinstance(value, self.classes)

    def remedy(self, value: Any) -> str:
        return _instance_remedy(value) if _is_subclass(value, self.classes) else ""


@dataclass(frozen=True)
class DuckTypes(Constraint):
    """Objects with methods of some names, whatever their class."""

    noun: str
    methods: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.noun,)

    def admits(self, value: Any) -> bool:
        # a class has the methods too, and calling them fails for want of an object
        return not isinstance(value, type) and self._has_methods(value)

    def remedy(self, value: Any) -> str:
        return (
            _instance_remedy(value) if isinstance(value, type) and self._has_methods(value) else ""
        )

    def _has_methods(self, value: Any) -> bool:
        return all(hasattr(value, name) for name in self.methods)


@dataclass(frozen=True)
class Callables(Constraint):
    """Functions, and of classes those derived from `base`, whose objects the call makes."""

    noun: str
    base: type

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.noun,)

    def admits(self, value: Any) -> bool:
        return issubclass(value, self.base) if isinstance(value, type) else callable(value)


@dataclass(frozen=True)
class Mappings(Constraint):
    """Mappings whose values a constraint admits."""

    item: Constraint
    noun: str = "a dict"

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.noun,)

    def admits(self, value: Any) -> bool:
        return isinstance(value, Mapping) and all(map(self.item.admits, value.values()))


@dataclass(frozen=True)
class Regressors(Constraint):
    """Estimators that scikit-learn can clone, fit and ask for predictions that are numbers."""

    for_classifiers: str = "A classifier predicts classes, not numbers. Fit it on windows directly."
    kinds = (
        "a forecaster of this library",
        "a scikit-learn regressor",
        "a pipeline that ends in one",
    )

    def admits(self, value: Any) -> bool:
        return is_predictor(value) and not is_classifier(value)

    def remedy(self, value: Any) -> str:
        if isinstance(value, type):
            return _instance_remedy(value)
        if is_predictor(value):
            return self.for_classifiers
        return "Pass an object with fit and predict, derived from scikit-learn's BaseEstimator."


@dataclass(frozen=True)
class Labels(Constraint):
    """Names of columns and numbers of channels; `for_data` is the remedy for arrays of data."""

    for_data: str = ""
    kinds = ("the name of a column", "the number of a channel")

    def admits(self, value: Any) -> bool:
        # NaN equals no label, not even itself
        is_nan = isinstance(value, float) and np.isnan(value)
        return isinstance(value, Hashable) and not (is_nan or value is None or callable(value))

    def remedy(self, value: Any) -> str:
        return "" if isinstance(value, Hashable) else self.for_data


def is_predictor(value: Any) -> bool:
    """Whether a value is an estimator that scikit-learn can clone, fit and ask for predictions."""
    methods = ("get_params", "__sklearn_tags__", "fit", "predict")
    # a class has them too, but is not an estimator yet
    return not isinstance(value, type) and all(hasattr(value, method) for method in methods)


def _alternatives(constraint: Constraint) -> tuple[Constraint, ...]:
    return constraint.alternatives if isinstance(constraint, Union) else (constraint,)


def _suggestion(value: Any, names: tuple[str, ...]) -> str:
    close = get_close_matches(value, names, n=1, cutoff=0.65) if isinstance(value, str) else ()
    return f"Did you mean {close[0]!r}?" if close else ""


def _join_kinds(kinds: tuple[str, ...]) -> str:
    *first, last = kinds
    return f"{', '.join(first)} or {last}" if first else last


def _add_article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _is_subclass(value: Any, classes: tuple[type, ...]) -> bool:
    return isinstance(value, type) and issubclass(value, classes)


def _instance_remedy(kind: type) -> str:
    return f"Pass an object: {kind.__name__}()."


SEED = Integers(0, 2**32 - 1) | Instances("a numpy RandomState", (np.random.RandomState,)) | None
PATH = Instances("the path of a folder", (str, os.PathLike))
SHARE = Numbers(0, 1, closed="left")
JOBS = Integers(1) | Integers(high=-1) | None
