"""What must hold between parameters of a network estimator and of its parts.

Each rule is called with the estimator and the path of its parameters, and raises. The tables of
single parameters are checked before.
"""

from __future__ import annotations

from typing import Any

from stforecast._training.execution.devices import resolve_device
from stforecast._training.execution.ranks import check_group
from stforecast._training.net_params import check_net_params
from stforecast._training.training import Training
from stforecast.estimators.parts.bounds import UNBOUNDED, bounds_of
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.exceptions import ParameterError

USUAL_LOSS = Training().loss


def parameters_of_skorch(estimator: Any, path: str) -> None:
    """`net_params` are parameters of skorch's net that the estimator leaves to the user."""
    if estimator.net_params is not None:
        check_net_params(estimator.net_params, f"{path}net_params")


def compute_of_this_machine(estimator: Any, path: str) -> None:
    """Half precision trains on a GPU only; processes that train together are a group, one seed."""
    compute = getattr(estimator.training, "compute", None)
    if compute is None:
        return
    if compute.distributed:
        check_group(estimator.random_state, path)
    device = resolve_device(estimator.device)
    if compute.precision == "float16" and not device.startswith("cuda"):
        raise ParameterError(
            f"{path}training__compute__precision='float16' needs a GPU, but the device is "
            f"{device!r}. Use 'bfloat16' or 'single'."
        )


def quantiles_by_pinball(forecaster: Any, path: str) -> None:
    """A decoder of quantiles is trained with the loss of quantiles."""
    loss = getattr(forecaster.training, "loss", USUAL_LOSS)
    if loss not in ("pinball", USUAL_LOSS) and make_decoder(forecaster.decoder).quantiles:
        raise ParameterError(
            f"{path}training__loss must be 'pinball' or left out with a decoder of quantiles, got "
            f"{loss!r}."
        )


def cross_entropy_only(classifier: Any, path: str) -> None:
    """A classifier has one loss."""
    loss = getattr(classifier.training, "loss", USUAL_LOSS)
    if loss != USUAL_LOSS:
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
