"""Draw the rooms of the package and which imports which, from its source.

Run: ``python docs/draw_rooms.py`` (or ``make rooms``). It writes ``docs/rooms.svg``, the picture on
the page about the architecture. A test fails while the picture differs from the source.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
sys.path.insert(0, str(ROOT))  # the order of the rooms stands beside the test that enforces it

from tests.layers import ROOMS, TORCH_FREE, imports_of

PACKAGE = ROOT / "stforecast"
LEFT, WIDTH, HEIGHT, GAP, TOP = 120, 640, 40, 12, 16
COMMON = {
    "exceptions",
    "_validation",
}  # used by nearly every room: their arrows would hide the rest
ARC = 9  # pixels that an arrow bulges for each room that it passes


@dataclass(frozen=True)
class Room:
    """A module or folder right under the package.

    Parameters
    ----------
    name : str
        Its name.
    summary : str
        First line of its docstring.
    folders : tuple of str
        Folders in it.
    """

    name: str
    summary: str
    folders: tuple[str, ...]


def rooms() -> list[Room]:
    """Return the rooms from the last to the first, as they import."""
    order = [name for layer in ROOMS for name in sorted(layer)]
    return [_room(name) for name in reversed(order) if not name.startswith(("_version", "__"))]


def edges() -> set[tuple[str, str]]:
    """Return (importer, imported) of the imports between rooms, but those of `COMMON`."""
    return {
        (found.room, found.target_room)
        for found in imports_of(PACKAGE)
        if found.target_room not in {None, found.room, "__init__", "_version", *COMMON}
        and found.room != "__init__"
    }


def picture() -> str:
    """Return the picture as SVG."""
    shown = rooms()
    row = {room.name: TOP + place * (HEIGHT + GAP) for place, room in enumerate(shown)}
    bottom = TOP + len(shown) * (HEIGHT + GAP)
    body = [_bracket(row), *(_box(room, row[room.name]) for room in shown)]
    body += [_arrow(row[above], row[below]) for above, below in sorted(edges())]
    return _SVG.format(width=LEFT + WIDTH + 180, height=bottom, body="\n".join(body))


def _room(name: str) -> Room:
    path = PACKAGE / name
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    summary = (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").partition("\n")[0]
    folders = sorted(one.parent.name for one in path.glob("*/__init__.py"))
    return Room(name, summary, tuple(folders))


def _box(room: Room, y: int) -> str:
    inside = f"  \u00b7  {', '.join(room.folders)}" if room.folders else ""
    return (
        f'<rect x="{LEFT}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5" class="room"/>\n'
        f'<text x="{LEFT + 10}" y="{y + 17}"><tspan class="name">{escape(room.name)}</tspan>'
        f'<tspan class="folders">{escape(inside)}</tspan></text>\n'
        f'<text x="{LEFT + 10}" y="{y + 32}" class="summary">{escape(room.summary)}</text>'
    )


def _arrow(start: int, end: int) -> str:
    """Return an arc at the right, from the middle of the importing room down to the imported."""
    x, top, low = LEFT + WIDTH, start + HEIGHT // 2 + 5, end + HEIGHT // 2 - 5
    bulge = x + 14 + ARC * (end - start) // (HEIGHT + GAP)
    curve = f"M{x} {top} C{bulge} {top} {bulge} {low} {x + 4} {low}"
    return f'<path d="{curve}" class="import" marker-end="url(#tip)"/>'


def _bracket(row: dict[str, int]) -> str:
    """Return what divides the rooms that import torch from those that do without it."""
    free = min(y for name, y in row.items() if name in TORCH_FREE)
    line = free - GAP // 2
    return (
        f'<line x1="8" x2="{LEFT + WIDTH}" y1="{line}" y2="{line}" class="border"/>\n'
        f'<text x="8" y="{line - 8}" class="side">with torch</text>\n'
        f'<text x="8" y="{line + 16}" class="side">without torch</text>'
    )


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>The rooms of stforecast: each imports only rooms below it</title>
<style>
text {{ font: 12px sans-serif; fill: #222; }}
.name {{ font-weight: bold; font-size: 13px; }}
.summary, .folders, .side {{ fill: #555; }}
.room {{ fill: #f4f6fa; stroke: #5b6b8c; }}
.import {{ fill: none; stroke: #5b6b8c; stroke-opacity: 0.55; }}
.border {{ stroke: #b5543a; stroke-dasharray: 5 4; }}
.tip {{ fill: #5b6b8c; }}
</style>
<rect width="100%" height="100%" fill="white"/>
<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6"
orient="auto"><path d="M0 0 L6 3 L0 6 z" class="tip"/></marker></defs>
{body}
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
