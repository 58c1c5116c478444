"""Windows of a series: made lazily, sliced without copying, transformed on the way."""

from stforecast.windows._calendar import calendar_features
from stforecast.windows._make_windows import latest_windows, make_windows
from stforecast.windows._windows import Windows
from stforecast.windows.transformers._channels_first import ChannelsFirst
from stforecast.windows.transformers._columns_to_grid import ColumnsToGrid
from stforecast.windows.transformers._crop import Crop
from stforecast.windows.transformers._flatten import Flatten
from stforecast.windows.transformers._fold_space import FoldSpace
from stforecast.windows.transformers._fold_time import FoldTime
from stforecast.windows.transformers._framewise import Framewise
from stforecast.windows.transformers._lags_to_windows import LagsToWindows
from stforecast.windows.transformers._spectrogram import Spectrogram

__all__ = [
    "ChannelsFirst",
    "ColumnsToGrid",
    "Crop",
    "Flatten",
    "FoldSpace",
    "FoldTime",
    "Framewise",
    "LagsToWindows",
    "Spectrogram",
    "Windows",
    "calendar_features",
    "latest_windows",
    "make_windows",
]
