"""The forecaster half of Shi's encoder-forecaster: maps rolled out over the horizon."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Flags, Integers, Numbers, Sizes
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import Head, check_part
from stforecast.nn.convlstm import ConvLSTM
from stforecast.nn.convlstm_cell import CELL, CellFactory
from stforecast.nn.gates import State
from stforecast.nn.same_conv import Size

__all__ = ["RolloutHead"]


class RolloutHead(Head):
    """Roll a ConvLSTM forward over the horizon, frame by frame, from the encoder's states.

    Maps in, maps out: a second ConvLSTM stack starts from the states in which the backbone's stack
    ended, and reads its own last frame, and what is known of the step, to make the next. Every
    frame is a 1x1 convolution of the states of all its layers. It keeps the grid and works on any;
    a dense head, by contrast, has weights for every cell of one grid.

    Parameters
    ----------
    hidden_channels : int
        Channels F of the state of every layer, the backbone's ``hidden_channels``.
    out_channels : int
        Channels of a forecast frame.
    horizon : int
        Frames to forecast.
    kernel_size : int or tuple of int, default=3
        Height and width of the forecaster's kernels, in cells.
    num_layers : int, default=1
        Layers of the forecaster, the backbone's ``num_layers``.
    known_features : int, default=0
        K of the part ``known`` [B, horizon, K], which every cell of a step sees; with 0 it is not
        read.
    static_features : int, default=0
        S of the part ``static`` [B, S], which every cell of every step sees; with 0 it is not read.
    teacher_forcing : float, default=0.0
        Probability with which, in training, a step reads the true frame before it instead of the
        forecast one, drawn for every window and step from torch's global generator. 1 always
        teaches, 0 never. Cells whose truth is missing (NaN) are not taught: they read what was
        forecast. Prediction never sees the truth.
    dropout : float, default=0.0
        Share of every layer's output that is dropped in training, on its way to the next layer and
        to the readout. States are never dropped.
    residual : bool, default=False
        Whether a layer reads the one below plus what that one read, as in :class:`ConvLSTM`; needs
        two layers or more, since the readout takes states.
    cell : str or callable, default="plain"
        The forecaster's cell, as in :class:`ConvLSTM`.

    Attributes
    ----------
    teacher_forcing : float
        May be changed between epochs: lowering it from 1 to 0 is scheduled sampling.
    forecaster : ConvLSTM
        The second stack.
    readout : torch.nn.Conv2d
        The 1x1 convolution from states to a frame.
    reverse_channels : int
        0: a backbone that runs backwards has no state from which to go on.
    reads_target : bool
        True, for the sake of teacher forcing.

    Raises
    ------
    ValueError
        If ``horizon`` is below one, ``teacher_forcing`` is not in [0, 1], or a single layer is to
        have residual links.
    ShapeError
        In ``forward``, if states or parts do not have the shapes the head was built for.

    Notes
    -----
    With the states ``s_0`` of the encoder and the readout ``r``::

        frame_0 = r(h of s_0)
        s_k = forecaster([frame_{k-1}, known_k, static], s_{k-1})
        frame_k = r(h of s_k),   k = 1 .. horizon

    ``frame_0`` stands for the last frame of the window, as the states tell it. Shi et al. give the
    forecaster no input at all; feeding back the frame is Srivastava's conditional decoder, without
    which there would be nothing to force. In training the true frame is in ``parts["target"]``
    [B, horizon * C * H * W], in the units of the output.

    The steps cannot run side by side, so a horizon of k frames takes about as long as k frames of
    the window, and more where these are projected at once.

    References
    ----------
    .. [1] Shi et al. (2015), Convolutional LSTM Network, arXiv:1506.04214.
    .. [2] Srivastava, Mansimov, Salakhutdinov (2015), Unsupervised Learning of Video
       Representations using LSTMs, arXiv:1502.04681.
    .. [3] Bengio et al. (2015), Scheduled Sampling for Sequence Prediction, arXiv:1506.03099.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import ConvLSTM, ForecastNet, RolloutHead
    >>> encoder = ConvLSTM(1, 8, num_layers=2)
    >>> net = ForecastNet(encoder, RolloutHead(8, 1, horizon=3, num_layers=2))
    >>> net(torch.zeros(4, 10, 1, 6, 7)).unflatten(1, (3, 1, 6, 7)).shape
    torch.Size([4, 3, 1, 6, 7])
    """

    reads_target = True

    @check_arguments(
        hidden_channels=Integers(1),
        out_channels=Integers(1),
        horizon=Integers(1),
        kernel_size=Sizes((2,)),
        num_layers=Integers(1),
        known_features=Integers(0),
        static_features=Integers(0),
        teacher_forcing=Numbers(0, 1),
        dropout=SHARE,
        residual=Flags(),
        cell=CELL,
    )
    def __init__(
        self,
        hidden_channels: int,
        out_channels: int,
        horizon: int,
        kernel_size: Size = 3,
        *,
        num_layers: int = 1,
        known_features: int = 0,
        static_features: int = 0,
        teacher_forcing: float = 0.0,
        dropout: float = 0.0,
        residual: bool = False,
        cell: str | CellFactory = "plain",
    ) -> None:
        super().__init__()
        _check_residual(residual, num_layers)
        self.horizon = horizon
        self.known_features = known_features
        self.static_features = static_features
        self.teacher_forcing = teacher_forcing
        inputs = out_channels + known_features + static_features
        self.forecaster = ConvLSTM(
            inputs,
            hidden_channels,
            kernel_size,
            num_layers=num_layers,
            dropout=dropout,
            residual=residual,
            cell=cell,
        )
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Conv2d(num_layers * hidden_channels, out_channels, 1)

    def forward(self, output: Tensor, state: State, parts: dict[str, Tensor]) -> Tensor:
        """Return the horizon of every window.

        Parameters
        ----------
        output : torch.Tensor
            The backbone's output; not read.
        state : tuple of torch.Tensor
            The backbone's ``(h, c)``, each [num_layers, B, F, H, W].
        parts : dict of str to torch.Tensor
            ``known`` [B, horizon, K] and ``static`` [B, S] where the head was built for them; in
            training ``target`` [B, horizon * C * H * W] where truth is to be fed.

        Returns
        -------
        torch.Tensor
            [B, horizon * C * H * W], step-major.
        """
        self._check_state(state)
        frame = self._read(state)
        covariates, truth = self._covariates(parts, frame), self._truth(parts, frame)
        frames: list[Tensor] = []
        # each step reads the frame before it, the first one the window's last as the states show it
        for step in range(self.horizon):
            if frames and truth is not None:
                frame = self._teach(frame, truth[:, step - 1])
            inputs = torch.cat([frame, covariates[:, step]], dim=1)
            _, state = self.forecaster(inputs[:, None], state)  # a window of one frame
            frame = self._read(state)
            frames.append(frame)
        return torch.stack(frames, dim=1).flatten(1)

    def _read(self, state: State) -> Tensor:
        h = self.dropout(state[0].transpose(0, 1).flatten(1, 2))  # [B, L * F, H, W]
        frame: Tensor = self.readout(h)
        return frame

    def _covariates(self, parts: dict[str, Tensor], frame: Tensor) -> Tensor:
        B, _, H, W = frame.shape
        columns = [frame.new_zeros(B, self.horizon, 0)]  # cat needs one, also without covariates
        if self.known_features:
            shape = (self.horizon, self.known_features)
            columns.append(check_part(parts, "known", shape, "RolloutHead"))
        if self.static_features:
            static = check_part(parts, "static", (self.static_features,), "RolloutHead")
            columns.append(static[:, None].expand(-1, self.horizon, -1))
        # [B, horizon, K + S, H, W]: every cell sees the covariates of its step
        return torch.cat(columns, dim=2)[..., None, None].expand(-1, -1, -1, H, W)

    def _truth(self, parts: dict[str, Tensor], frame: Tensor) -> Tensor | None:
        if not (self.training and self.teacher_forcing and "target" in parts):
            return None
        flat = check_part(parts, "target", (self.horizon * frame[0].numel(),), "RolloutHead")
        return flat.reshape(len(frame), self.horizon, *frame.shape[1:])  # [B, horizon, C, H, W]

    def _teach(self, frame: Tensor, truth: Tensor) -> Tensor:
        # one draw a window: its frame is true in all cells where the truth is known, or in none
        draws = torch.rand(len(frame), 1, 1, 1, device=frame.device) < self.teacher_forcing
        return torch.where(draws & torch.isfinite(truth), truth, frame)

    def _check_state(self, state: State) -> None:
        h = state[0]
        layers, channels = len(self.forecaster.layers), self.forecaster.hidden_channels
        if h.ndim != 5 or h.shape[0] != layers or h.shape[2] != channels:
            raise ShapeError(
                f"RolloutHead was built for states [{layers}, B, {channels}, H, W], but the "
                f"backbone's are {list(h.shape)}. Give both the same num_layers and "
                "hidden_channels, and let the backbone run one way."
            )


def _check_residual(residual: bool, num_layers: int) -> None:
    if residual and num_layers < 2:
        raise ValueError(
            "A rollout reads the states of its layers, which a residual link does not change in a "
            f"single layer, but got residual links and num_layers={num_layers}. Use 2 layers or "
            "more, or leave residual out."
        )
