"""What a notebook shows of windows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stforecast.windows._windows import Windows

_MAX_NAMES = 8


def describe_windows(X: Windows) -> str:
    """Return a small table of shape, span, columns, target and parts, in HTML."""
    lines = {"windows": repr(X), "shape": _axes(X)}
    if len(X):
        origins = X.origins
        lines["origins"] = f"{_label(origins[0])} to {_label(origins[-1])}"
    if X.columns is not None:
        lines["columns"] = _names(X.columns)
    if X.target is not None:
        lines["target"] = f"horizon {X.target.horizon}, gap {X.target.gap}"
    for name, part in X.parts.items():
        columns = X.names.get(name)
        suffix = f": {_names(columns)}" if columns else ""
        lines[f"part {name!r}"] = f"{tuple(part.shape)}{suffix}"
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in lines.items()
    )
    return f"<table>{rows}</table>"


def _axes(X: Windows) -> str:
    letters = {2: "n, columns", 3: "n, T, C", 5: "n, T, C, H, W"}.get(X.ndim)
    return f"{X.shape}" + (f" = ({letters})" if letters else "")


def _names(names: Any) -> str:
    text = ", ".join(str(name) for name in names[:_MAX_NAMES])
    return text + (f", ... ({len(names)})" if len(names) > _MAX_NAMES else "")


def _label(origin: Any) -> str:
    return ", ".join(map(str, origin)) if isinstance(origin, tuple) else str(origin)
