"""What must hold between parameters of a network estimator and of its parts.

Each rule is called with the estimator and the path of its parameters, and raises. The tables of
single parameters are checked before.
"""

from __future__ import annotations

from typing import Any

from stforecast._training.execution.compute import Compute
from stforecast._training.execution.devices import resolve_device
from stforecast._training.execution.ranks import check_group
from stforecast._training.net_params import check_net_params
from stforecast._training.training import Training
from stforecast.estimators.parts.bounds import UNBOUNDED, bounds_of
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.exceptions import ParameterError


def device_of_this_machine(estimator: Any, path: str) -> None:
    """The device is one that torch finds."""
    resolve_device(estimator.device, f"{path}device")


def parameters_of_skorch(estimator: Any, path: str) -> None:
    """`net_params` are parameters of skorch's net that the estimator leaves to the user."""
    check_net_params(estimator.net_params, f"{path}net_params")


def float16_on_gpu(estimator: Any, path: str) -> None:
    """Half precision trains on a GPU only."""
    device = resolve_device(estimator.device)
    if _compute(estimator).precision == "float16" and not device.startswith("cuda"):
        raise ParameterError(
            f"{path}training__compute__precision='float16' needs a GPU, but the device is "
            f"{device!r}. Use 'bfloat16' or 'single'."
        )


def processes_shuffle_alike(estimator: Any, path: str) -> None:
    """Processes that train together are a group with one seed."""
    if _compute(estimator).distributed:
        check_group(estimator.random_state, path)


def quantiles_by_pinball(forecaster: Any, path: str) -> None:
    """A decoder of quantiles is trained with the loss of quantiles."""
    loss = _training(forecaster).loss
    if make_decoder(forecaster.decoder).quantiles and loss not in ("pinball", Training().loss):
        raise ParameterError(
            f"{path}training__loss must be 'pinball' or left out with a decoder of quantiles, got "
            f"{loss!r}."
        )


def cross_entropy_only(classifier: Any, path: str) -> None:
    """A classifier has one loss."""
    loss = _training(classifier).loss
    if loss != Training().loss:
        raise ParameterError(
            f"{path}training__loss must be left out, since a classifier is trained on the "
            f"cross-entropy, got {loss!r}. Say by class_weight which classes count more."
        )


def unbounded_scores(classifier: Any, path: str) -> None:
    """Scores of classes have no units in which bounds could be meant."""
    if bounds_of(classifier.decoder) != UNBOUNDED:
        raise ParameterError(
            f"{path}decoder must not be a BoundedDecoder in a classifier, whose scores have no "
            f"bounds, got {classifier.decoder!r:.60}. Pass the decoder inside it."
        )


def _training(estimator: Any) -> Training:
    return Training() if estimator.training is None else estimator.training


def _compute(estimator: Any) -> Compute:
    return _training(estimator).compute or Compute()
