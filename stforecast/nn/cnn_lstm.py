"""CNN and LSTM in a row."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stforecast._constraints import Instances, Part, Sequences
from stforecast._parameters import check_arguments
from stforecast.nn.base import Backbone
from stforecast.nn.gates import State
from stforecast.nn.lstm import LSTM

__all__ = ["CNNLSTM"]


MODULE = Instances("a torch module", (nn.Module,))


class CNNLSTM(Backbone):
    """A CNN reads frames, an LSTM reads what the CNN made of them.

    The parts are built beforehand and put in a row: which convolutions, what pools their maps,
    whether attention stands between, is decided by the parts.

    Parameters
    ----------
    cnn : torch.nn.Module
        Frames [B, T, C, H, W] to maps [B, T', C', H', W']: :class:`FrameCNN` for every frame by
        itself, :class:`VolumeCNN` for convolutions over time too.
    lstm : LSTM
        Its ``in_features`` are the numbers that arrive for each step.
    bridge : sequence of torch.nn.Module, default=()
        What stands between CNN and LSTM, in this order: pooling (:class:`FlattenCells`,
        :class:`AverageCells`) and attention (:class:`SqueezeExcite`, :class:`TemporalTransformer`).
        Without pooling the LSTM flattens the maps.

    Attributes
    ----------
    cnn, bridge, lstm : torch.nn.Module
        The parts.
    out_channels : int
        Features F of each step of the output.
    reverse_channels : int
        How many of these, the last ones, run backwards in time.

    Notes
    -----
    Once maps are flattened, each cell has weights of its own: an object that moves is a new
    object, other than for :class:`ConvLSTM`. :class:`AverageCells` forgets the place altogether.

    References
    ----------
    .. [1] Donahue et al. (2015), Long-term Recurrent Convolutional Networks, arXiv:1411.4389.
    .. [2] Kim, Cho (2019), Predicting residential energy consumption using CNN-LSTM neural
       networks, https://doi.org/10.1016/j.energy.2019.05.230.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import CNNLSTM, LSTM, FlattenCells, FrameCNN
    >>> cnn = FrameCNN(3, (16, 8), kernel_size=3, grid=(1, 7))
    >>> flat = FlattenCells(cnn.out_channels, cnn.out_grid)
    >>> layer = CNNLSTM(cnn, LSTM(flat.features, 16), bridge=(flat,))
    >>> output, (h, c) = layer(torch.zeros(2, 4, 3, 1, 7))
    >>> output.shape
    torch.Size([2, 4, 16])
    """

    @check_arguments(
        cnn=MODULE,
        lstm=Part(LSTM),
        bridge=Sequences(MODULE, "torch modules", least=0),
    )
    def __init__(self, cnn: nn.Module, lstm: LSTM, bridge: Sequence[nn.Module] = ()) -> None:
        super().__init__()
        self.cnn = cnn
        self.bridge = nn.Sequential(*bridge)
        self.lstm = lstm
        self.out_channels = lstm.out_channels
        self.reverse_channels = lstm.reverse_channels

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over the frames of every window.

        Parameters
        ----------
        x : torch.Tensor
            Windows [B, T, C, H, W].
        state : tuple of torch.Tensor, default=None
            ``(h, c)`` of the LSTM to start from; zeros by default.

        Returns
        -------
        output : torch.Tensor
            [B, T', out_channels].
        state : tuple of torch.Tensor
            ``(h, c)`` of the LSTM after the last frame.
        """
        result: tuple[Tensor, State] = self.lstm(self.bridge(self.cnn(x)), state)
        return result
