"""Parts that turn what the network knows after the window into the horizon."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from stforecast._constraints import SHARE, Constraint, Integers, Options, Part, ShortNames
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.rollout import RolloutDecoder, is_rollout_possible
from stforecast.estimators.parts.weights import MAX_WEIGHTS
from stforecast.exceptions import ParameterError
from stforecast.nn import Backbone, DenseHead, Head, StepHead

__all__ = ["AutoDecoder", "DenseDecoder", "StepDecoder", "make_decoder"]

_POOLING = Options("flatten", "average")


class AutoDecoder(Decoder):
    """A rollout where maps are to come out of maps, dense layers everywhere else.

    It rolls out where `make_windows` made the targets of a series of maps, the network sees the
    grid of these maps, and the network is a ConvLSTM that runs one way. Plain arrays do not say
    what they hold: seven daily values look like one map of 1 x 7.
    """

    def build(self, backbone: Backbone, grid: tuple[int, int], shapes: NetShapes) -> Head:
        """Return the head for a backbone.

        Parameters
        ----------
        backbone : Backbone
            Any.
        grid : tuple of int
            Rows and columns of its output.
        shapes : NetShapes
            Shapes of one sample.

        Returns
        -------
        Head
            Called as ``head(output, state, parts)``.
        """
        # a target of one cell is a number, which dense layers forecast
        maps = prod(shapes.target[1:]) > 1 and is_rollout_possible(backbone, grid, shapes)
        decoder = RolloutDecoder() if maps else DenseDecoder()
        return decoder.build(backbone, grid, shapes)


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
    embedding : int, default=None
        Numbers that the static features are drawn together into by a learned linear map: a learned
        vector for each category. None joins the features as they are.

    Notes
    -----
    A map of targets gets one output for each cell, with a weight for each feature: more than
    100,000,000 weights are refused. Use `RolloutDecoder` where a map is to come out of maps.

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
        "embedding": Integers(1) | None,
    }

    def __init__(
        self,
        hidden: int | None = None,
        *,
        pooling: str = "flatten",
        dropout: float = 0.0,
        embedding: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.pooling = pooling
        self.dropout = dropout
        self.embedding = embedding

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

        Raises
        ------
        ParameterError
            If it would have more than 100,000,000 weights, or an embedding without static features.
        """
        outputs = shapes.outputs
        _check_head(self, backbone, grid, shapes, outputs)
        return DenseHead(
            backbone.out_channels,
            outputs,
            grid=grid,
            pooling=self.pooling,
            hidden=self.hidden,
            dropout=self.dropout,
            known=shapes.known,
            static=shapes.static,
            embedding=self.embedding,
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
    embedding : int, default=None
        Numbers that the static features are drawn together into, as in `DenseDecoder`.

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
        "embedding": Integers(1) | None,
    }

    def __init__(
        self,
        hidden: int = 32,
        *,
        pooling: str = "flatten",
        dropout: float = 0.0,
        embedding: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.pooling = pooling
        self.dropout = dropout
        self.embedding = embedding

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

        Raises
        ------
        ParameterError
            If it would have more than 100,000,000 weights, or an embedding without static features.
        """
        _check_head(self, backbone, grid, shapes, shapes.outputs // shapes.horizon)
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
            embedding=self.embedding,
            reverse_channels=backbone.reverse_channels,
        )


def _check_head(
    decoder: DenseDecoder | StepDecoder,
    backbone: Backbone,
    grid: tuple[int, int],
    shapes: NetShapes,
    outputs: int,
) -> None:
    """Raise before a head is built that has nothing to embed, or whose weights fill the memory."""
    if decoder.embedding is not None and not shapes.static:
        raise ParameterError(
            f"embedding={decoder.embedding} of a {type(decoder).__name__} draws static features "
            "together, but the windows carry none. Pass static= to make_windows or to the fit of a "
            "SeriesForecaster, or leave embedding out."
        )
    cells = 1 if decoder.pooling == "average" else prod(grid)
    features = backbone.out_channels * cells
    at_most = features * outputs + (features + outputs) * (decoder.hidden or 0)
    if at_most <= MAX_WEIGHTS:
        return
    weights = _weights(features, outputs, decoder.hidden)
    if weights <= MAX_WEIGHTS:
        return
    # the first of these that is enough
    remedy = "Average the cells of the maps before, so that there are fewer."
    if is_rollout_possible(backbone, grid, shapes):
        remedy = "Use decoder='rollout', which has weights for no single cell."
    elif _weights(backbone.out_channels, outputs, decoder.hidden) <= MAX_WEIGHTS:
        remedy = "Give it pooling='average', which has a feature for each channel."
    elif _weights(backbone.out_channels, outputs, 32) <= MAX_WEIGHTS:
        remedy = "Give it pooling='average' and hidden=32."
    raise ParameterError(
        f"A {type(decoder).__name__} may have {MAX_WEIGHTS:,} weights, but for {features:,} "
        f"features and {outputs:,} outputs it would have {weights:,}. {remedy}"
    )


def _weights(features: int, outputs: int, hidden: int | None) -> int:
    # biases are left out, which are few
    return features * outputs if hidden is None else (features + outputs) * hidden


_DECODERS: dict[str, Any] = {"dense": DenseDecoder, "rollout": RolloutDecoder, "step": StepDecoder}
# who sets a parameter of "auto" wants the decoder that has it
DECODER = ShortNames({"auto": DenseDecoder, **_DECODERS}) | Part(Decoder)


def make_decoder(decoder: str | Decoder) -> Decoder:
    """Return a decoder part, made from its short name if need be.

    Parameters
    ----------
    decoder : {"auto", "dense", "rollout", "step"} or decoder part
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
    if not isinstance(decoder, str):
        return decoder
    return AutoDecoder() if decoder == "auto" else _DECODERS[decoder]()
