"""Names of the library become links to their pages in the reference, wherever they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util import logging

import stforecast

MODULES = tuple(
    found.name for found in iter_modules(stforecast.__path__) if not found.name.startswith("_")
)
# `SplitConformal(182)`, `nn.ConvLSTM`, `SeriesForecaster.backtest`
_NAME = re.compile(r"(?:stforecast\.)?(?:(?P<module>[a-z_]+)\.)?(?P<name>\w+)(?P<member>\.\w+)?")
_ENOUGH = 150
_HREF = re.compile(r'href="[^"]*api/generated/stforecast[^"]*"')
_LOG = logging.getLogger(__name__)


def full_names() -> dict[str, str]:
    """Return the place of every public name in the reference."""
    return {
        name: f"stforecast.{module}.{name}"
        for module in MODULES
        for name in import_module(f"stforecast.{module}").__all__
    }


def place_of(text: str, names: dict[str, str]) -> str | None:
    """Return what a piece of code names in the reference, or None."""
    text = text.split("(", maxsplit=1)[0].strip()
    if text.removeprefix("stforecast.") in MODULES:
        return f"stforecast.{text.removeprefix('stforecast.')}" if "." in text else None
    found = _NAME.fullmatch(text)
    if found is None or found["name"] not in names:
        return None
    place = names[found["name"]]
    if found["module"] not in (None, place.split(".")[1]):
        return None
    return place + (found["member"] or "")


def _link_code(app: Sphinx, doctree: nodes.document) -> None:
    """Let code that names something public refer to its page."""
    names = full_names()
    docname = app.env.docname
    for node in list(doctree.findall(nodes.literal)):
        if isinstance(node.parent, pending_xref | nodes.reference | nodes.title):
            continue
        place = place_of(node.astext(), names)
        if place is not None and docname != f"api/generated/{place}":
            node.replace_self(_reference(place, node.deepcopy(), docname))
    for node in list(doctree.findall(pending_xref)):
        if node.get("reftarget", "").startswith("python:"):  # numpydoc's link to a type of Python
            node.replace_self(nodes.emphasis(text=node["reftarget"].removeprefix("python:")))
        elif node.get("refdomain") == "py" and node.get("reftype") == "obj":
            node["reftarget"] = place_of(node["reftarget"], names) or node["reftarget"]


def _reference(place: str, shown: nodes.Node, docname: str) -> pending_xref:
    role = {"refdomain": "py", "reftype": "obj", "refexplicit": True, "refwarn": False}
    return pending_xref("", shown, reftarget=place, refdoc=docname, **role)


def _links(pages: Path) -> Iterator[int]:
    """Count the links to the reference on each page of guide and gallery."""
    for page in [*pages.glob("*.html"), *pages.glob("user_guide/*"), *pages.glob("gallery/plot_*")]:
        body = page.read_text(encoding="utf-8").partition("<article")[2].partition("</article")[0]
        yield len(_HREF.findall(body))


def _count_links(app: Sphinx, exception: Exception | None) -> None:
    """Say how many names are linked; warn, which fails the build, where they are few."""
    if exception is not None or app.builder.format != "html":
        return
    count = sum(_links(Path(app.outdir)))
    _LOG.info("%d links from the pages to the reference", count)
    if count < _ENOUGH:
        _LOG.warning("Pages must link names to the reference %d times, got %d.", _ENOUGH, count)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the links to the reading of pages, and their count to the end."""
    app.connect("doctree-read", _link_code)
    app.connect("build-finished", _count_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
