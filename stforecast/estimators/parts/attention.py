"""Attention between CNN and LSTM, as searchable parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import nn

from stforecast._constraints import SHARE, Constraint, Integers, Part, ShortNames
from stforecast.estimators.parts.base import Attention
from stforecast.nn import SqueezeExcite, TemporalTransformer

__all__ = ["SqueezeExciteAttention", "TransformerAttention", "make_attention"]


class SqueezeExciteAttention(Attention):
    """Weigh the channels of every frame by what the frame as a whole shows.

    Parameters
    ----------
    reduction : int, default=4
        Channels for each unit of the small network that finds the weights.

    References
    ----------
    Hu, Shen, Sun (2018), Squeeze-and-Excitation Networks, arXiv:1709.01507.

    Examples
    --------
    >>> from stforecast.estimators import CNNLSTMLayers, SqueezeExciteAttention
    >>> CNNLSTMLayers(attention=SqueezeExciteAttention(reduction=2))
    CNNLSTMLayers(attention=SqueezeExciteAttention(reduction=2))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {"reduction": Integers(1)}

    def __init__(self, reduction: int = 4) -> None:
        self.reduction = reduction

    def arrange(self, channels: int, pooling: nn.Module) -> Sequence[nn.Module]:
        """Return what stands between CNN and LSTM, in order.

        Parameters
        ----------
        channels : int
            Channels of the CNN's maps.
        pooling : torch.nn.Module
            Makes vectors of maps.

        Returns
        -------
        sequence of torch.nn.Module
            The attention, then the pooling.
        """
        return SqueezeExcite(channels, self.reduction), pooling  # it weighs maps, not vectors


class TransformerAttention(Attention):
    """Mix every frame of the window with those that resemble it, wherever they stand.

    Parameters
    ----------
    heads : int, default=None
        Attention heads, a divisor of the features of a frame; None for the largest up to 4.
    hidden : int, default=None
        Units of the feed-forward part; None for twice the features.
    dropout : float, default=0.0
        Share dropped in training, in [0, 1).

    References
    ----------
    Vaswani et al. (2017), Attention Is All You Need, arXiv:1706.03762.

    Examples
    --------
    >>> from stforecast.estimators import CNNLSTMLayers, TransformerAttention
    >>> CNNLSTMLayers(pooling="average", attention=TransformerAttention(heads=2))
    CNNLSTMLayers(attention=TransformerAttention(heads=2), pooling='average')
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "heads": Integers(1) | None,
        "hidden": Integers(1) | None,
        "dropout": SHARE,
    }

    def __init__(
        self, heads: int | None = None, *, hidden: int | None = None, dropout: float = 0.0
    ) -> None:
        self.heads = heads
        self.hidden = hidden
        self.dropout = dropout

    def arrange(self, channels: int, pooling: nn.Module) -> Sequence[nn.Module]:
        """Return what stands between CNN and LSTM, in order.

        Parameters
        ----------
        channels : int
            Channels of the CNN's maps.
        pooling : torch.nn.Module
            Makes vectors of maps; has the attribute ``features``.

        Returns
        -------
        sequence of torch.nn.Module
            The pooling, then the attention.
        """
        features = pooling.features
        heads = self.heads
        if heads is None:
            heads = next(n for n in (4, 3, 2, 1) if features % n == 0)  # heads share the features
        layer = TemporalTransformer(
            features,
            heads,
            hidden=self.hidden,
            dropout=self.dropout,
        )
        return pooling, layer


_ATTENTIONS: dict[str, Any] = {
    "squeeze_excite": SqueezeExciteAttention,
    "transformer": TransformerAttention,
}
ATTENTION = ShortNames(_ATTENTIONS) | Part(Attention)


def make_attention(attention: str | Attention) -> Attention:
    """Return an attention part, made from its short name if need be.

    Parameters
    ----------
    attention : {"squeeze_excite", "transformer"} or attention part
        Name or part, checked before.

    Returns
    -------
    attention part
        The part.

    Examples
    --------
    >>> from stforecast.estimators.parts.attention import make_attention
    >>> make_attention("transformer")
    TransformerAttention()
    """
    return _ATTENTIONS[attention]() if isinstance(attention, str) else attention
