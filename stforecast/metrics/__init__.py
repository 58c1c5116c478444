"""Scores that scikit-learn and sktime lack: skill, maps, events, ensembles, gaps."""

from stforecast.metrics._ensembles import crps_ensemble, spread_skill
from stforecast.metrics._events import (
    critical_success_index,
    false_alarm_ratio,
    heidke_skill_score,
    probability_of_detection,
)
from stforecast.metrics._fractions import fractions_skill_score
from stforecast.metrics._map_scorer import map_scorer
from stforecast.metrics._masks import masked_scorer
from stforecast.metrics._skill import skill_map, skill_score
from stforecast.metrics._spectrum import power_spectrum
from stforecast.metrics._ssim import ssim_per_frame

__all__ = [
    "critical_success_index",
    "crps_ensemble",
    "false_alarm_ratio",
    "fractions_skill_score",
    "heidke_skill_score",
    "map_scorer",
    "masked_scorer",
    "power_spectrum",
    "probability_of_detection",
    "skill_map",
    "skill_score",
    "spread_skill",
    "ssim_per_frame",
]
