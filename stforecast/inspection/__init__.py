"""Pictures of forecasts, training, folds and networks, in the manner of scikit-learn's displays."""

from stforecast.inspection._anomaly import AnomalyDisplay
from stforecast.inspection._classes import ClassProbabilityDisplay
from stforecast.inspection._comparison import ComparisonDisplay
from stforecast.inspection._folds import FoldsDisplay
from stforecast.inspection._forecast import ForecastDisplay
from stforecast.inspection._frames import FramesDisplay
from stforecast.inspection._saliency import SaliencyDisplay
from stforecast.inspection._skill_map import SkillMapDisplay
from stforecast.inspection._training import TrainingCurveDisplay

__all__ = [
    "AnomalyDisplay",
    "ClassProbabilityDisplay",
    "ComparisonDisplay",
    "FoldsDisplay",
    "ForecastDisplay",
    "FramesDisplay",
    "SaliencyDisplay",
    "SkillMapDisplay",
    "TrainingCurveDisplay",
]
