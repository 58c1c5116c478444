"""The public names of the package, and what numpydoc finds wrong with their docstrings."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import stforecast

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS = tuple(
    info.name for info in iter_modules(stforecast.__path__) if not info.name.startswith("_")
)
# what most users need of these rooms can be had from the root
ROOT_ROOMS = ("windows", "model_selection", "estimators", "series", "sktime")

# what is asked of every public function, class and method (numpydoc's codes)
ASKED = {
    "GL06",  # a section numpydoc does not know
    "GL07",  # sections in the wrong order
    "GL08",  # no docstring
    "PR01",  # parameters not documented
    "PR02",  # parameters documented that are not there
    "PR03",  # parameters in the wrong order
    "PR04",  # a parameter without a type
    "PR07",  # a parameter without a description
    "RT03",  # a return value without a description
    "SS01",  # no summary
    "SS03",  # a summary without a full stop
    "SS04",  # a summary with leading spaces
    "SS06",  # a summary over more than one line
}
# besides, of what stands in a room's __all__
ASKED_OF_NAMES = ASKED | {
    "EX01",  # no example
    "RT01",  # no Returns section
}


def rooms() -> list[str]:
    """Modules whose ``__all__`` is public."""
    return [f"stforecast.{room}" for room in ROOMS if hasattr(convert_baseline(room), "__all__")]


def convert_baseline(room: str) -> object:
    return import_module(f"stforecast.{room}")


def public_names() -> list[str]:
    """Every public function and class, as ``stforecast.room.name``."""
    return [
        f"{room}.{name}"
        for room in rooms()
        for name in import_module(room).__all__
        if callable(getattr(import_module(room), name))
    ]


def own_methods(name: str) -> list[str]:
    """Public methods and properties that a class of ours defines in its own body."""
    item = resolve(name)
    if not inspect.isclass(item):
        return []
    return [f"{name}.{attribute}" for attribute in vars(item) if _is_method(item, attribute)]


def resolve(name: str) -> object:
    room, attribute = name.rsplit(".", 1)
    return getattr(import_module(room), attribute)


def _is_method(item: type, attribute: str) -> bool:
    # what goes into a layer's forward, and a property listed among a class's attributes, is
    # documented in the class
    if attribute.startswith("_") or attribute == "forward":
        return False
    value = inspect.getattr_static(item, attribute)
    if isinstance(value, property):
        return attribute not in _attributes(item)
    return inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod))


def _attributes(item: type) -> set[str]:
    listed = NumpyDocString(inspect.getdoc(item) or "")["Attributes"]
    return {name.strip() for parameter in listed for name in parameter.name.split(",")}


def asked_of(name: str) -> set[str]:
    """The codes asked of a public name; an exception needs no example of being raised."""
    item = resolve(name)
    is_exception = inspect.isclass(item) and issubclass(item, Exception)
    return ASKED if is_exception else ASKED_OF_NAMES


def faults(name: str, asked: set[str]) -> Iterator[str]:
    """What numpydoc finds missing or wrong in one docstring."""
    for code, text in validate(name)["errors"]:
        if code in asked:
            yield f"{name}: {code} {text}"
