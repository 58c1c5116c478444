"""Cross-validation whose folds cannot leak, and the report that proves it."""

from stforecast.model_selection._leakage import leakage_report
from stforecast.model_selection._search import InterruptibleGridSearchCV
from stforecast.model_selection._split import OriginSplit, SeriesSplit

__all__ = ["InterruptibleGridSearchCV", "OriginSplit", "SeriesSplit", "leakage_report"]
