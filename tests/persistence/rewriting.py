"""Files of models taken apart, changed and put together again under a right digest."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stforecast._container import Container, parse_json, read_container, write_container
from stforecast.persistence import save
from stforecast.persistence._kinds import _KIND_INDEX, KINDS, build_model
from stforecast.persistence._nodes import Builder, Checker, Writer
from stforecast.persistence._specs import AnySpec

if TYPE_CHECKING:
    from collections.abc import Callable


def taken_apart(path: Path) -> tuple[dict[str, str], Any, dict[str, Any]]:
    """The metadata, the node of the model and the arrays of a file."""
    with path.open("rb") as file:
        found = read_container(file)
    metadata = {name: text for name, text in found.metadata.items() if name != "sha256"}
    return metadata, parse_json(metadata.pop("model")), dict(found.arrays)


def put_together(path: Path, metadata: dict[str, str], node: Any, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        write_container(file, Container({**metadata, "model": json.dumps(node)}, arrays))


def rewritten(path: Path, change: Callable[[Any], Any]) -> None:
    """Change the node of a model in its file; the change works on the node or returns another."""
    metadata, node, arrays = taken_apart(path)
    changed = deepcopy(node)
    replaced = change(changed)
    put_together(path, metadata, changed if replaced is None else replaced, arrays)


def relabelled(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Change the metadata of a file."""
    metadata, node, arrays = taken_apart(path)
    put_together(path, change(metadata), node, arrays)


def saved_file(model: Any, folder: Path) -> Path:
    save(model, folder / "model.stf")
    return folder / "model.stf"


def node_of(value: Any) -> tuple[Any, dict[str, Any]]:
    """The node of a value that a parameter may have, and its arrays."""
    writer = Writer(KINDS, lambda one: f"is {one!r}")
    return writer.node(value, ""), writer.arrays


def through_nodes(value: Any) -> Any:
    """A value written, checked and built again."""
    node, arrays = node_of(value)
    node = parse_json(json.dumps(node))
    checker = Checker(_KIND_INDEX, arrays)
    AnySpec().check(node, "", checker)
    checker.check_unused_arrays()
    return Builder(_KIND_INDEX, arrays).value(node)


__all__ = [
    "build_model",
    "node_of",
    "put_together",
    "relabelled",
    "rewritten",
    "saved_file",
    "taken_apart",
    "through_nodes",
]
