"""The library's own exceptions; each is also the built-in error a caller would expect."""

from __future__ import annotations

from typing import Any

__all__ = [
    "DataIntegrityError",
    "DataNotFoundError",
    "DivergedError",
    "IrregularIndexError",
    "LeakageError",
    "MissingValuesError",
    "ParameterError",
    "SeriesTooShortError",
    "ShapeError",
]


class ParameterError(ValueError, TypeError):
    """A parameter has a value, or a type, that it may not have."""


class SeriesTooShortError(ValueError):
    """The series has fewer rows than one window and its horizon need."""


class IrregularIndexError(ValueError):
    """The time index is unsorted, duplicated or has steps of different length."""


class MissingValuesError(ValueError):
    """The data hold NaN or infinity where numbers are needed."""


class ShapeError(ValueError):
    """An array has a shape that does not fit the one it must go with."""


class LeakageError(ValueError):
    """A training sample has seen rows that belong to the test part.

    Attributes
    ----------
    report : pandas.DataFrame or None
        The rows that each fold sees, as from `leakage_report`.
    """

    report: Any = None


class DataNotFoundError(FileNotFoundError):
    """A data file is neither shipped, cached nor reachable."""


class DataIntegrityError(ValueError):
    """A data file is broken or holds other values than it should."""


class DivergedError(ArithmeticError):
    """The loss of a network in training became infinite or NaN."""


class ShortSeriesWarning(UserWarning):
    """Some series of a panel are too short for a window, or for training, and are left out."""


class FillValueWarning(UserWarning):
    """Cells of maps hold one value in every row, far from all others, as a code for missing."""


class LayoutWarning(UserWarning):
    """An array of windows looks as if its axes stood in another order than they are read in."""
