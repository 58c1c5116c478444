"""The values that searches usually try, in a form that every search takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Space = dict[str, list[Any]]

TRAINING: Space = {"lr": [0.001, 0.002, 0.005, 0.01], "batch_size": [32, 64, 128]}
HIDDEN: Space = {"hidden_channels": [64, 128, 256, 512]}
KERNEL: Space = {"kernel_size": [1, 3, 5, 7]}
DEPTH: Space = {"num_layers": [1, 2, 3]}
POOL: Space = {"pool_size": [1, 2, 3]}


def join_spaces(*spaces: Space) -> Space:
    """Return spaces as one, with lists that nobody else holds."""
    return {name: list(values) for space in spaces for name, values in space.items()}


def nest_space(prefix: str, *spaces: Space) -> Space:
    """Return spaces of the parameters of a part as one."""
    return {f"{prefix}__{name}": values for name, values in join_spaces(*spaces).items()}


def optuna_distributions(space: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Turn a search space of lists into Optuna's distributions.

    Whole numbers at even distances become a range of that step, other numbers a range on a
    logarithmic scale, anything else a choice.

    Parameters
    ----------
    space : mapping of str to list
        Values of each parameter, as `search_space` returns them.

    Returns
    -------
    dict of str to optuna.distributions.BaseDistribution
        For ``study.ask``, or for ``OptunaSearchCV`` of optuna-integration.

    Raises
    ------
    ImportError
        If Optuna is not installed.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMForecaster, optuna_distributions
    >>> space = optuna_distributions(ConvLSTMForecaster().search_space())
    >>> space["kernel_size"]
    IntDistribution(high=7, log=False, low=1, step=2)
    """
    try:
        from optuna import distributions
    except ImportError as error:
        raise ImportError(
            "optuna_distributions needs the optuna package. Install it with "
            "pip install optuna, or give the lists to RandomizedSearchCV."
        ) from error
    return {name: _distribution(values, distributions) for name, values in space.items()}


def _distribution(values: list[Any], distributions: Any) -> Any:
    numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )
    if len(values) < 2 or not numbers or min(values) <= 0:
        return distributions.CategoricalDistribution(values)
    low, high = min(values), max(values)
    if not all(isinstance(value, int) for value in values):
        return distributions.FloatDistribution(low, high, log=True)
    steps = np.unique(np.diff(sorted(values)))
    if len(steps) == 1:
        return distributions.IntDistribution(low, high, step=int(steps[0]))
    return distributions.IntDistribution(low, high, log=True)
