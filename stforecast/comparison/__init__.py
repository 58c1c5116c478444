"""Models of every kind at the same forecast origins: what is better, and whether it is decided."""

from stforecast.comparison._compare import compare
from stforecast.comparison._comparison import Comparison
from stforecast.comparison._differences import PairedDifference, paired_difference

__all__ = ["Comparison", "PairedDifference", "compare", "paired_difference"]
