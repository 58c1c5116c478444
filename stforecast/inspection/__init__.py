"""Pictures of forecasts, training, folds and networks, in the manner of scikit-learn's displays."""

from stforecast.inspection._folds import FoldsDisplay
from stforecast.inspection._forecast import ForecastDisplay
from stforecast.inspection._frames import FramesDisplay
from stforecast.inspection._saliency import SaliencyDisplay
from stforecast.inspection._training import TrainingCurveDisplay

__all__ = [
    "FoldsDisplay",
    "ForecastDisplay",
    "FramesDisplay",
    "SaliencyDisplay",
    "TrainingCurveDisplay",
]
