"""Parts that turn what the network knows after the window into the horizon."""

from __future__ import annotations

from typing import Any, ClassVar

from stforecast._constraints import SHARE, Constraint, Integers, Options, Part, ShortNames
from stforecast.estimators._shapes import NetShapes
from stforecast.estimators.parts.base import Decoder
from stforecast.estimators.parts.rollout import RolloutDecoder
from stforecast.nn import Backbone, DenseHead, Head, StepHead

__all__ = ["DenseDecoder", "StepDecoder", "make_decoder"]


_POOLING = Options("flatten", "average")


class DenseDecoder(Decoder):
    """All steps of the horizon at once, by dense layers on the last state.

    Known covariates of the horizon and static features of the series join the last state.

    Parameters
    ----------
    hidden : int, default=None
        Units of a hidden layer; None for a linear map.
    pooling : {"flatten", "average"}, default="flatten"
        What is done with the cells of a map: laid side by side, or averaged.
    dropout : float, default=0.0
        Share of features dropped in training, in [0, 1).

    Notes
    -----
    The default of every forecaster. A map of targets gets one output for each cell; use
    `RolloutDecoder` where a map is to come out of maps.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMForecaster, DenseDecoder
    >>> ConvLSTMForecaster(decoder=DenseDecoder(hidden=32, pooling="average"))
    ConvLSTMForecaster(decoder=DenseDecoder(hidden=32, pooling='average'))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "hidden": Integers(1) | None,
        "pooling": _POOLING,
        "dropout": SHARE,
    }

    def __init__(
        self, hidden: int | None = None, *, pooling: str = "flatten", dropout: float = 0.0
    ) -> None:
        self.hidden = hidden
        self.pooling = pooling
        self.dropout = dropout

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
            Called as ``head(output, state, parts)``.
        """
        return DenseHead(
            backbone.out_channels,
            shapes.outputs,
            grid=grid,
            pooling=self.pooling,
            hidden=self.hidden,
            dropout=self.dropout,
            known=shapes.known,
            static=shapes.static,
            reverse_channels=backbone.reverse_channels,
        )


class StepDecoder(Decoder):
    """Every step of the horizon by one shared network that sees what is known of that step.

    Parameters
    ----------
    hidden : int, default=32
        Units of the hidden layer.
    pooling : {"flatten", "average"}, default="flatten"
        What is done with the cells of a map: laid side by side, or averaged.
    dropout : float, default=0.0
        Share of features dropped in training, in [0, 1).

    Notes
    -----
    What the calendar does is learned once instead of once a step, so it suits a long horizon with
    known covariates.

    Examples
    --------
    >>> from stforecast.estimators import LSTMForecaster, StepDecoder
    >>> LSTMForecaster(decoder=StepDecoder(hidden=16))
    LSTMForecaster(decoder=StepDecoder(hidden=16))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "hidden": Integers(1),
        "pooling": _POOLING,
        "dropout": SHARE,
    }

    def __init__(self, hidden: int = 32, *, pooling: str = "flatten", dropout: float = 0.0) -> None:
        self.hidden = hidden
        self.pooling = pooling
        self.dropout = dropout

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
            Called as ``head(output, state, parts)``.
        """
        return StepHead(
            backbone.out_channels,
            shapes.horizon,
            shapes.outputs // shapes.horizon,
            grid=grid,
            pooling=self.pooling,
            hidden=self.hidden,
            dropout=self.dropout,
            known_features=shapes.known[1],
            static_features=shapes.static,
            reverse_channels=backbone.reverse_channels,
        )


_DECODERS: dict[str, Any] = {"dense": DenseDecoder, "rollout": RolloutDecoder, "step": StepDecoder}
DECODER = ShortNames(_DECODERS) | Part(Decoder)


def make_decoder(decoder: str | Decoder) -> Decoder:
    """Return a decoder part, made from its short name if need be.

    Parameters
    ----------
    decoder : {"dense", "rollout", "step"} or decoder part
        Name or part, checked before.

    Returns
    -------
    decoder part
        The part.

    Examples
    --------
    >>> from stforecast.estimators.parts.decoders import make_decoder
    >>> make_decoder("dense")
    DenseDecoder()
    """
    return _DECODERS[decoder]() if isinstance(decoder, str) else decoder
