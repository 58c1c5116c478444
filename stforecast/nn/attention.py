"""Attention between CNN and LSTM: over channels, or over time."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Integers
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError

__all__ = ["SqueezeExcite", "TemporalTransformer"]


class SqueezeExcite(nn.Module):
    """Weigh the channels of every frame by what the frame as a whole shows.

    Each channel is averaged over the cells, two dense layers turn the averages into one weight
    between 0 and 1 for each channel, and the maps are multiplied by them.

    Parameters
    ----------
    channels : int
        Channels C of a frame.
    reduction : int, default=4
        The first dense layer has C / reduction units, at least one.

    Raises
    ------
    ShapeError
        In ``forward``, if frames do not have C channels.

    Notes
    -----
    ``y = x * sigmoid(W2 relu(W1 mean(x) + b1) + b2)``. Costs about 2 C^2 / reduction parameters.

    References
    ----------
    .. [1] Hu, Shen, Sun (2018), Squeeze-and-Excitation Networks, arXiv:1709.01507.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import SqueezeExcite
    >>> SqueezeExcite(16)(torch.zeros(2, 4, 16, 1, 7)).shape
    torch.Size([2, 4, 16, 1, 7])
    """

    @check_arguments(
        channels=Integers(1),
        reduction=Integers(1),
    )
    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.channels = channels
        units = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, units)
        self.excite = nn.Linear(units, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, T, C, H, W] with their channels weighed."""
        if x.ndim != 5 or x.shape[2] != self.channels:
            raise ShapeError(
                f"SqueezeExcite was built for maps ['B', 'T', {self.channels}, 'H', 'W'], but got "
                f"{list(x.shape)}. Put it before the pooling and build it with the CNN's "
                "out_channels."
            )
        # one weight a channel and frame, [B, T, C], from averages over the cells
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((-2, -1))))))
        return x * weights[..., None, None]


class TemporalTransformer(nn.Module):
    """One transformer encoder layer over the frames of a window.

    Every frame's features are mixed with those of the frames that resemble it, wherever they
    stand in the window, before the LSTM reads them in order.

    Parameters
    ----------
    features : int
        Features F of a step.
    heads : int, default=4
        Attention heads; must divide ``features``.
    hidden : int, default=None
        Units of the layer's feed-forward part; 2 * features by default.
    dropout : float, default=0.0
        Share of attention weights and of features dropped in training.

    Raises
    ------
    ValueError
        If ``heads`` does not divide ``features``.
    ShapeError
        In ``forward``, if steps do not have F features.

    Notes
    -----
    Pre-norm layer with sinusoidal positions, which have no parameters and take any number of
    frames. It has about 4 F^2 + 2 F hidden parameters and costs T^2 F time a window.
    It looks at all frames of the window, later ones too: they are all past at the origin.

    References
    ----------
    .. [1] Vaswani et al. (2017), Attention Is All You Need, arXiv:1706.03762.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import TemporalTransformer
    >>> TemporalTransformer(16)(torch.zeros(2, 9, 16)).shape
    torch.Size([2, 9, 16])
    """

    @check_arguments(
        features=Integers(1),
        heads=Integers(1),
        hidden=Integers(1) | None,
        dropout=SHARE,
    )
    def __init__(
        self,
        features: int,
        heads: int = 4,
        *,
        hidden: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if features % heads:
            raise ValueError(
                f"heads must divide the features of a step, but {features} is not a multiple of "
                f"{heads}. Use heads=1 or change the CNN's channels."
            )
        self.features = features
        self.layer = nn.TransformerEncoderLayer(
            features, heads, hidden or 2 * features, dropout, batch_first=True, norm_first=True
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return sequences [B, T, F] with their steps mixed."""
        if x.ndim != 3 or x.shape[2] != self.features:
            raise ShapeError(
                f"TemporalTransformer was built for sequences ['B', 'T', {self.features}], but got "
                f"{list(x.shape)}. Put it after the pooling and build it with the pooling's "
                "features."
            )
        mixed: Tensor = self.layer(x + _positions(x))
        return mixed


def _positions(x: Tensor) -> Tensor:
    """Sines at even and cosines at odd features, [T, F]."""
    _, T, F = x.shape
    time = torch.arange(T, dtype=x.dtype, device=x.device)[:, None]
    # features 2 k and 2 k + 1 share a rate, which falls from 1 to about 1 / 10 000
    index = torch.arange(F, device=x.device)
    rate = torch.exp(-math.log(10_000.0) * (index - index % 2).to(x.dtype) / F)
    return torch.where(index % 2 == 0, torch.sin(time * rate), torch.cos(time * rate))
