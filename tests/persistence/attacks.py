"""What a hostile file would want to happen, watched for while files are loaded."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_WATCHED = (
    "os.",
    "subprocess.",
    "pickle.",
    "socket.",
    "ctypes.",
    "shutil.",
    "code.",
    "exec",
    "compile",
    "pty.",
    "webbrowser.",
)
_seen: list[str] = []
_watches = [False]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watches[0]:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.startswith(_WATCHED):
        _seen.append(f"{event} {arguments!r:.80}")


sys.addaudithook(_hook)


@contextmanager
def no_code_runs() -> Iterator[None]:
    """Fail if anything is run, compiled, unpickled, sent or written inside the block."""
    _seen.clear()
    _watches[0] = True
    try:
        yield
    finally:
        _watches[0] = False
    assert not _seen, _seen
