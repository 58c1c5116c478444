"""Rates that are mostly small and matter where they are large, such as rain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from stforecast._constraints import Constraint, Numbers, Sequences
from stforecast._parameters import Rule
from stforecast._training.net import LOSSES, Loss
from stforecast.estimators.parts.base import OPEN_LIMITS, Bounds, Decoder, NetShapes
from stforecast.estimators.parts.bounds import bounded_head
from stforecast.estimators.parts.decoders import make_decoder
from stforecast.estimators.parts.outer import OuterDecoder
from stforecast.exceptions import ParameterError
from stforecast.nn import Backbone, Head

__all__ = ["RainDecoder"]

RATES, WEIGHTS = (2.0, 5.0, 10.0, 30.0), (1.0, 2.0, 5.0, 10.0, 30.0)


def _check_steps(decoder: RainDecoder, path: str) -> None:
    if len(decoder.weights) != len(decoder.rates) + 1 or list(decoder.rates) != sorted(
        set(decoder.rates)
    ):
        raise ParameterError(
            f"{path}rates must rise, and {path}weights hold one more: the weight below the first "
            f"rate, and that from each rate on; got {len(decoder.rates)} rates and "
            f"{len(decoder.weights)} weights. Add or drop a weight, or sort the rates."
        )


def _check_inner(decoder: RainDecoder, path: str) -> None:
    inner = make_decoder(decoder.decoder)
    if inner.quantiles or inner.limits != OPEN_LIMITS:
        raise ParameterError(
            f"{path}decoder must give one value within no bounds of its own, since RainDecoder "
            f"weighs and bounds it, got {inner!r:.60}. Use 'rollout', 'dense' or 'step'."
        )


class RainDecoder(OuterDecoder):
    """Forecasts of rain: never negative, and taught most by where it rains hard.

    Most cells of a map of rain are dry, so that a plain loss is won by forecasting little rain
    anywhere. Here the error of a cell counts the more, the harder it truly rained there.

    Parameters
    ----------
    rates : sequence of float, default=(2.0, 5.0, 10.0, 30.0)
        Where the weight changes, in the units of the targets, rising. The default is meant for mm
        an hour.
    weights : sequence of float, default=(1.0, 2.0, 5.0, 10.0, 30.0)
        Weight below the first rate, then of each rate and above: one more than rates.
    decoder : {"auto", "dense", "rollout", "step"} or decoder part, default="auto"
        What turns the last state into the horizon.

    See Also
    --------
    BoundedDecoder : Bounds alone.

    Notes
    -----
    With the truth y, the forecast f and the weight w of the truth, the loss is the mean of ``w(y)
    loss(f, y)`` over the targets that are there, with the loss that `Training` names: of "mse" and
    "mae" half each make the B-MSE and B-MAE of Shi et al. Forecasts grow larger than the mean where
    hard rain may come: judge them by scores of events, not by their mean error. On a baseline the
    network learns the targets themselves, and blocks decide its share by the plain loss.

    References
    ----------
    Shi et al. (2017), Deep Learning for Precipitation Nowcasting: A Benchmark and A New Model,
    arXiv:1706.03458, section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import ConvLSTMForecaster, make_windows
    >>> from stforecast.estimators import RainDecoder
    >>> rain = np.random.default_rng(0).exponential(size=(40, 6, 6)) ** 2
    >>> X, y = make_windows(rain, lookback=3)
    >>> model = ConvLSTMForecaster(4, decoder=RainDecoder((1, 3), (1, 5, 20)), max_epochs=2)
    >>> bool(model.set_params(random_state=0).fit(X, y).predict(X).min() >= 0)
    True
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "rates": Sequences(Numbers(0), "rates"),
        "weights": Sequences(Numbers(0), "weights"),
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_check_steps, _check_inner)

    limits: Bounds = (0.0, None)

    def __init__(
        self,
        rates: Sequence[float] = RATES,
        weights: Sequence[float] = WEIGHTS,
        *,
        decoder: str | Decoder = "auto",
    ) -> None:
        self.rates = rates
        self.weights = weights
        self.decoder = decoder

    def build(self, backbone: Backbone, grid: tuple[int, int], shapes: NetShapes) -> Head:
        """Return the head for a backbone.

        Parameters
        ----------
        backbone : Backbone
            Gives `out_channels` and `reverse_channels`.
        grid : tuple of int
            Rows and columns of its output.
        shapes : NetShapes
            Shapes of one sample.

        Returns
        -------
        Head
            Called as ``head(output, state, parts)``; needs `set_units` before it trains.
        """
        return bounded_head(self, self._inner_decoder, backbone, grid, shapes)

    def criterion(self, loss: str, masked: bool) -> nn.Module:
        """Return the weighted loss.

        Parameters
        ----------
        loss : str
            The `loss` of the training.
        masked : bool
            Whether NaN targets are left out.

        Returns
        -------
        torch.nn.Module
            Called as ``criterion(prediction, target)``.
        """
        return RateLoss(loss, masked, self.rates, self.weights)


class RateLoss(Loss):
    """Mean of an elementwise loss, each target weighed by its rate.

    Parameters
    ----------
    name : {"mse", "mae", "huber", "pinball"}
        Elementwise loss, on standardised targets.
    masked : bool
        Whether NaN targets are left out of the mean.
    rates, weights : sequence of float
        Where the weight changes, in the units of the targets; one more weight.
    """

    def __init__(
        self, name: str, masked: bool, rates: Sequence[float], weights: Sequence[float]
    ) -> None:
        super().__init__(name, masked)
        for key, value in {"rates": rates, "weights": weights, "mean": [0], "scale": [1]}.items():
            self.register_buffer(key, torch.tensor([float(number) for number in value]))

    def set_units(self, mean: Tensor, scale: Tensor) -> None:
        """Take note of what a target of 0 is in the units of the rates, and what 1 more is."""
        self.mean, self.scale = mean.float(), scale.float()

    def forward(self, prediction: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the loss of predictions [B, outputs]."""
        self.check(prediction, target)
        present = torch.isfinite(target)
        # a missing target has the forecast itself for a truth: no error and no slope
        truth = torch.where(present, target, prediction.detach())
        # in the units of the rates; `bucketize` copies what is not contiguous, with a warning
        rate = (truth * self.get_buffer("scale") + self.get_buffer("mean")).contiguous()
        # 0 below the first rate; `right`, since a weight holds from its rate on
        place = torch.bucketize(rate, self.get_buffer("rates"), right=True)
        weight = self.get_buffer("weights")[place]
        losses = LOSSES[self.name](prediction, truth, reduction="none")
        losses = losses if weights is None else losses * weights[:, None]
        return (weight * losses).sum() / present.sum().clamp(min=1)
