"""Which raises of the package propose a remedy, and which of them an error came by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from traceback import walk_tb

import stforecast

PACKAGE = Path(stforecast.__file__).parent
_PLACEHOLDER = "\0"
_NEXT_SENTENCE = re.compile(r"[.?!]['\")]* (?=[A-Z'\"(\0])")
_FUNCTIONS = ast.FunctionDef | ast.ClassDef

Line = tuple[str, int]


@dataclass(frozen=True)
class Raise:
    """A statement that raises a new error, by its module, its function and its lines."""

    module: str
    function: str
    lines: range

    @property
    def place(self) -> str:
        return f"{self.module} {self.function}"

    def is_among(self, lines: set[Line]) -> bool:
        return any((self.module, line) in lines for line in self.lines)


@cache
def find_proposals() -> tuple[Raise, ...]:
    """Return the raises whose message has a sentence behind the first, or is made elsewhere."""
    proposals = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).as_posix()
        for function, statement in _raises(ast.parse(path.read_text(encoding="utf-8")), ()):
            if _proposes(statement.exc):
                lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                proposals.append(Raise(module, function, lines))
    return tuple(proposals)


def lines_of(error: BaseException | None) -> set[Line]:
    """Return the lines of the package that an error, and those that led to it, came by."""
    lines: set[Line] = set()
    while error is not None:
        for frame, line in walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(PACKAGE):
                lines.add((path.relative_to(PACKAGE).as_posix(), line))
        error = error.__cause__ or error.__context__
    return lines


def _raises(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[str, ast.Raise]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise):
            yield ".".join(names), child
        inner = (*names, child.name) if isinstance(child, _FUNCTIONS) else names
        yield from _raises(child, inner)


def _proposes(error: ast.expr | None) -> bool:
    if not isinstance(error, ast.Call):  # an error that was caught goes on
        return False
    callee = error.func.attr if isinstance(error.func, ast.Attribute) else error.func
    name = callee if isinstance(callee, str) else getattr(callee, "id", "")
    message = _text(error)
    # a function, or a constant, has the words where an error is not made on the spot
    is_made_elsewhere = name.lstrip("_")[:1].islower() or not message.strip(_PLACEHOLDER)
    return is_made_elsewhere or _NEXT_SENTENCE.search(message) is not None


def _text(node: ast.AST) -> str:
    """Return the words of an expression, with a placeholder for each value among them."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.FormattedValue):
        return _PLACEHOLDER
    return "".join(map(_text, ast.iter_child_nodes(node)))
