"""Scores that scikit-learn and sktime lack: skill, likeness of maps, targets with gaps."""

from stforecast.metrics._masked import masked_scorer
from stforecast.metrics._skill import skill_score
from stforecast.metrics._ssim import ssim_per_frame

__all__ = ["masked_scorer", "skill_score", "ssim_per_frame"]
