"""CNN and LSTM side by side, and what joins them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stforecast._constraints import Integers, Part
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Backbone, check_kind, out_channels
from stforecast.nn.cnn_lstm import MODULE
from stforecast.nn.gates import State
from stforecast.nn.heads import LastStep
from stforecast.nn.lstm import LSTM

__all__ = ["EarlyFusion", "LateFusion", "ParallelCNNLSTM", "WeightedFusion"]


class LateFusion(nn.Module):
    """Lay the features of both branches side by side.

    Parameters
    ----------
    cnn_features : int
        Features of the CNN branch.
    lstm_features : int
        Features of the LSTM branch.

    Attributes
    ----------
    out_channels : int
        Their sum.

    Raises
    ------
    ShapeError
        In ``forward``, if a branch has other features.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LateFusion
    >>> LateFusion(8, 16)(torch.zeros(2, 8), torch.zeros(2, 16)).shape
    torch.Size([2, 24])
    """

    @check_arguments(
        cnn_features=Integers(1),
        lstm_features=Integers(1),
    )
    def __init__(self, cnn_features: int, lstm_features: int) -> None:
        super().__init__()
        self.sizes = (cnn_features, lstm_features)
        self.out_channels = cnn_features + lstm_features

    def forward(self, cnn: Tensor, lstm: Tensor) -> Tensor:
        """Return [B, cnn_features + lstm_features]."""
        _check_features(self, cnn, lstm)
        return torch.cat([cnn, lstm], dim=1)


class WeightedFusion(nn.Module):
    """Mix both branches by two learned weights that add up to one.

    Each branch is first projected onto the same number of features. The weights start equal.

    Parameters
    ----------
    cnn_features : int
        Features of the CNN branch.
    lstm_features : int
        Features of the LSTM branch.
    features : int, default=None
        Features of the mixture; those of the LSTM branch by default.

    Attributes
    ----------
    out_channels : int
        Features of the mixture.
    logits : torch.nn.Parameter
        ``softmax(logits)`` are the weights of CNN and LSTM.

    Raises
    ------
    ShapeError
        In ``forward``, if a branch has other features.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import WeightedFusion
    >>> WeightedFusion(8, 16)(torch.zeros(2, 8), torch.zeros(2, 16)).shape
    torch.Size([2, 16])
    """

    @check_arguments(
        cnn_features=Integers(1),
        lstm_features=Integers(1),
        features=Integers(1) | None,
    )
    def __init__(self, cnn_features: int, lstm_features: int, features: int | None = None) -> None:
        super().__init__()
        self.sizes = (cnn_features, lstm_features)
        self.out_channels = lstm_features if features is None else features
        self.cnn = nn.Linear(cnn_features, self.out_channels)
        self.lstm = nn.Linear(lstm_features, self.out_channels)
        self.logits = nn.Parameter(torch.zeros(2))

    def forward(self, cnn: Tensor, lstm: Tensor) -> Tensor:
        """Return [B, out_channels]."""
        _check_features(self, cnn, lstm)
        weights = torch.softmax(self.logits, dim=0)
        mixed: Tensor = weights[0] * self.cnn(cnn) + weights[1] * self.lstm(lstm)
        return mixed


class ParallelCNNLSTM(Backbone):
    """A CNN and an LSTM read the window each by itself; their features are joined.

    With one input both read the same frames. With two, the CNN reads the frames and the LSTM a
    table of the same steps, such as satellite maps and a station's readings.

    Parameters
    ----------
    cnn : torch.nn.Module
        Frames [B, T, C, H, W] to one vector a window, [B, cnn_features]: a CNN and a pooling of
        windows in a row, ``nn.Sequential(VolumeCNN(...), AverageWindow(...))``.
    lstm : LSTM
        Its ``in_features`` are the numbers in a frame, or in a row of the table.
    fusion : torch.nn.Module
        :class:`LateFusion` or :class:`WeightedFusion`; any module ``fusion(cnn, lstm)`` with
        ``out_channels``. For early fusion see :class:`EarlyFusion`.

    Attributes
    ----------
    cnn, lstm, fusion : torch.nn.Module
        The parts.
    out_channels : int
        Features after the fusion.

    Raises
    ------
    ShapeError
        In ``forward``, if the CNN does not give one vector a window, or if an input is not what
        its branch was built for.

    Notes
    -----
    The output has one step, [B, 1, out_channels]: the branches need not agree in time. Both halves
    of a bidirectional LSTM enter it where each has read the whole window.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from stforecast.nn import LSTM, AverageWindow, LateFusion, ParallelCNNLSTM, VolumeCNN
    >>> cnn = nn.Sequential(VolumeCNN(1, (8,), grid=(6, 6)), AverageWindow(8))
    >>> layer = ParallelCNNLSTM(cnn, LSTM(3, 16), LateFusion(8, 16))
    >>> output, state = layer(torch.zeros(2, 12, 1, 6, 6), torch.zeros(2, 12, 3))
    >>> output.shape
    torch.Size([2, 1, 24])
    """

    @check_arguments(
        cnn=MODULE,
        lstm=Part(LSTM),
        fusion=MODULE,
    )
    def __init__(self, cnn: nn.Module, lstm: LSTM, fusion: nn.Module) -> None:
        super().__init__()
        self.cnn = cnn
        self.lstm = lstm
        self.last = LastStep(lstm.reverse_channels)
        self.fusion = fusion
        self.out_channels = out_channels(fusion)

    def forward(
        self, x: Tensor, table: Tensor | None = None, *, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Run both branches and join them.

        Parameters
        ----------
        x : torch.Tensor
            Windows [B, T, C, H, W] for the CNN.
        table : torch.Tensor, default=None
            Windows [B, T, K] for the LSTM; ``x`` by default.
        state : tuple of torch.Tensor, default=None
            ``(h, c)`` of the LSTM to start from; zeros by default.

        Returns
        -------
        output : torch.Tensor
            [B, 1, out_channels].
        state : tuple of torch.Tensor
            ``(h, c)`` of the LSTM after the last frame.
        """
        cnn_features = self.cnn(x)
        if cnn_features.ndim != 2:
            raise ShapeError(
                f"The CNN branch must give one vector a window, [B, features], but gave "
                f"{list(cnn_features.shape)}. Put AverageWindow or FlattenWindow behind it."
            )
        output, state = self.lstm(x if table is None else table, state)
        features = self.fusion(cnn_features, self.last(output))
        return features[:, None], state  # [B, 1, F]: heads read a sequence, here of one step


class EarlyFusion(Backbone):
    """Join a table to the frames before any network sees them.

    Each column of the table becomes a channel that is the same in all cells of a frame; the
    backbone reads frames of C + K channels.

    Parameters
    ----------
    backbone : torch.nn.Module
        Any backbone built for C + K channels.

    Attributes
    ----------
    backbone : torch.nn.Module
        The backbone.
    out_channels, reverse_channels : int
        Those of the backbone.

    Raises
    ------
    ShapeError
        In ``forward``, if the table has other windows or steps than the frames.

    Notes
    -----
    It needs two inputs. With one there is nothing to join, and the backbone alone is the same.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import LSTM, EarlyFusion
    >>> layer = EarlyFusion(LSTM((1 + 3) * 36, 16))
    >>> output, state = layer(torch.zeros(2, 12, 1, 6, 6), torch.zeros(2, 12, 3))
    >>> output.shape
    torch.Size([2, 12, 16])
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        check_kind("backbone", backbone, Backbone)
        self.backbone = backbone
        self.out_channels = backbone.out_channels
        self.reverse_channels = backbone.reverse_channels

    def forward(
        self, x: Tensor, table: Tensor, *, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Run the backbone on the joined frames.

        Parameters
        ----------
        x : torch.Tensor
            Windows [B, T, C, H, W].
        table : torch.Tensor
            Windows [B, T, K], or [B, T, K, 1, 1].
        state : tuple of torch.Tensor, default=None
            State of the backbone to start from; zeros by default.

        Returns
        -------
        output, state
            Those of the backbone.
        """
        if x.ndim != 5 or table.ndim < 3 or table.shape[:2] != x.shape[:2]:
            raise ShapeError(
                f"A table [B, T, K] must have the windows and steps of the frames "
                f"[B, T, C, H, W], but they are {list(table.shape)} and {list(x.shape)}. "
                "Cut both with the same lookback and stride."
            )
        # [B, T, K, H, W]: every cell sees the row of its step
        spread = table.flatten(2)[..., None, None].expand(-1, -1, -1, *x.shape[3:])
        joined = torch.cat([x, spread], dim=2)  # [B, T, C + K, H, W]
        result: tuple[Tensor, State] = self.backbone(joined, state=state)
        return result


def _check_features(fusion: LateFusion | WeightedFusion, cnn: Tensor, lstm: Tensor) -> None:
    sizes = (cnn.shape[1], lstm.shape[1])
    if sizes != fusion.sizes:
        raise ShapeError(
            f"{type(fusion).__name__} was built for {fusion.sizes[0]} features of the CNN and "
            f"{fusion.sizes[1]} of the LSTM, but got {sizes[0]} and {sizes[1]}. Build it for "
            "these, and cut windows of the frames that the branches were built for."
        )
