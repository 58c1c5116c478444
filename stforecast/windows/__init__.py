"""Windows of a series: made lazily, sliced without copying, transformed on the way."""

from stforecast.windows._calendar import calendar_features
from stforecast.windows._framewise import Framewise
from stforecast.windows._layout import (
    ChannelsFirst,
    ColumnsToGrid,
    Crop,
    Flatten,
    FoldTime,
    LagsToWindows,
)
from stforecast.windows._make import make_windows
from stforecast.windows._windows import Windows

__all__ = [
    "ChannelsFirst",
    "ColumnsToGrid",
    "Crop",
    "Flatten",
    "FoldTime",
    "Framewise",
    "LagsToWindows",
    "Windows",
    "calendar_features",
    "make_windows",
]
