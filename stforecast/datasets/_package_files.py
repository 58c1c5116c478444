"""Where the data files that come with the library lie."""

from __future__ import annotations

from pathlib import Path

from stforecast.exceptions import DataNotFoundError

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries the files inside the package; a checkout (and so an editable install) keeps
# them at its root, beside the scripts that built them.
_ROOTS = (_PACKAGE / "data", _PACKAGE.parents[1] / "datasets")


def find_shipped_file(dataset: str, name: str, roots: tuple[Path, ...] = _ROOTS) -> Path:
    """Return the path of file `name` of `dataset`, in an installed wheel or in a checkout."""
    candidates = [root / dataset / name for root in roots]
    for path in candidates:
        if path.is_file():
            return path
    raise DataNotFoundError(
        f"The data file {name} should lie at {' or '.join(map(str, candidates))}, but is at "
        f"neither. Reinstall stforecast, or restore {dataset}/{name} in the checkout."
    )
