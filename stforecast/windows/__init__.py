"""Windows of a series: made lazily, sliced without copying, transformed on the way."""

from stforecast.windows._calendar import calendar_features
from stforecast.windows._channels_first import ChannelsFirst
from stforecast.windows._columns_to_grid import ColumnsToGrid
from stforecast.windows._crop import Crop
from stforecast.windows._flatten import Flatten
from stforecast.windows._fold_time import FoldTime
from stforecast.windows._framewise import Framewise
from stforecast.windows._lags_to_windows import LagsToWindows
from stforecast.windows._make import make_windows
from stforecast.windows._spectrogram import Spectrogram
from stforecast.windows._windows import Windows

__all__ = [
    "ChannelsFirst",
    "ColumnsToGrid",
    "Crop",
    "Flatten",
    "FoldTime",
    "Framewise",
    "LagsToWindows",
    "Spectrogram",
    "Windows",
    "calendar_features",
    "make_windows",
]
