"""Import direction of a package of rooms, read from its source.

A room is a module or folder right under the package. It may import itself and the rooms to its
left in `ROOMS`; `torch`, `skorch` and `sktime` are kept to the rooms that name them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "stforecast"
# each tuple is a layer; rooms of one layer do not import one another
ROOMS = (
    ("_version",),
    ("exceptions",),
    ("_constraints", "_files", "_container", "_fit_tasks"),
    ("_parameters",),
    ("_validation", "_composite"),
    ("windows",),
    ("metrics",),
    ("datasets",),
    ("model_selection",),
    ("nn",),
    ("_training",),
    ("estimators",),
    ("series",),
    ("comparison",),
    ("inspection", "persistence"),
    ("sktime",),
    ("__init__",),
)
LAYER_OF = {room: layer for layer, rooms in enumerate(ROOMS) for room in rooms}
# the rooms that may import each of these, at any depth of the source
ALLOWED = {
    "torch": {"nn", "_training", "estimators", "inspection", "persistence"},
    "skorch": {"_training", "estimators", "persistence"},
    "sktime": {"sktime"},
}
TORCH_FREE = tuple(room for rooms in ROOMS[: LAYER_OF["nn"]] for room in rooms)


@dataclass(frozen=True)
class Import:
    """One imported module: who imports it, where, under its absolute name."""

    room: str
    place: str
    target: str

    @property
    def target_room(self) -> str | None:
        package, _, rest = self.target.partition(".")
        return (rest.split(".")[0] or "__init__") if package == PACKAGE else None


def imports_of(package: Path) -> Iterator[Import]:
    """Every import statement under a package's folder, at whatever depth it stands."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{'/'.join(parts)}.py:{getattr(node, 'lineno', 0)}"
            yield from (Import(parts[0], place, target) for target in _targets(node, parts))


def _targets(node: ast.AST, parts: tuple[str, ...]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, parts)
        return [f"{base}.{alias.name}" for alias in node.names] if base == PACKAGE else [base]
    return []


def _absolute(node: ast.ImportFrom, parts: tuple[str, ...]) -> str:
    if not node.level:
        return node.module or ""
    folder = (PACKAGE, *parts)[: -node.level]
    return ".".join([*folder, *filter(None, [node.module])])


def violations(package: Path) -> list[str]:
    """What breaks the rules, one sentence each; empty for a package in order."""
    return [text for found in imports_of(package) for text in _complaints(found)]


def _complaints(found: Import) -> Iterator[str]:
    if found.room not in LAYER_OF:
        yield f"{found.place}: the room {found.room!r} has no place in the order of rooms."
        return
    target = found.target_room
    if target is not None and not _may_import(found.room, target):
        yield f"{found.place}: {found.room} may not import {found.target}."
    package = found.target.split(".")[0]
    if package in ALLOWED and found.room not in ALLOWED[package]:
        yield f"{found.place}: {found.room} may not import {package}."


def _may_import(room: str, target: str) -> bool:
    same = room == target
    return same or LAYER_OF.get(target, len(ROOMS)) < LAYER_OF[room]
