"""Dense heads: from the features of the window to the numbers of the horizon."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stforecast._constraints import SHARE, Axes, Integers, Options
from stforecast._parameters import check_arguments
from stforecast.exceptions import ShapeError
from stforecast.nn.base import ACTIVATION, Head, check_part, make_activation
from stforecast.nn.pooling import POOLING, make_pooling

__all__ = ["DenseHead", "LastStep", "StepHead"]


class LastStep(nn.Module):
    """Take what the backbone knows after the whole window.

    That is the last step of its output; for channels that run backwards in time it is the first
    step, since at the last one they have seen a single frame.

    Parameters
    ----------
    reverse_channels : int, default=0
        How many of the last channels run backwards.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn.heads import LastStep
    >>> output = torch.arange(6.0).reshape(1, 3, 2)
    >>> LastStep()(output), LastStep(reverse_channels=1)(output)
    (tensor([[4., 5.]]), tensor([[4., 1.]]))
    """

    def __init__(self, reverse_channels: int = 0) -> None:
        super().__init__()
        self.reverse_channels = reverse_channels

    def forward(self, output: Tensor) -> Tensor:
        """Return [B, F] of [B, T, F], or [B, F, H, W] of [B, T, F, H, W]."""
        if not self.reverse_channels:
            return output[:, -1]
        # channels that run backwards have read the whole window at its first step
        ahead = output.shape[2] - self.reverse_channels
        return torch.cat([output[:, -1, :ahead], output[:, 0, ahead:]], dim=1)


class _Features(nn.Module):
    """[B, T, F] or [B, T, F, H, W] to [B, size]: last step, pooled, with dropout."""

    def __init__(
        self,
        in_channels: int,
        grid: tuple[int, int],
        pooling: str,
        dropout: float,
        reverse_channels: int,
    ) -> None:
        super().__init__()
        self.frame = (in_channels, *grid)
        self.last = LastStep(reverse_channels)
        self.pool = make_pooling(pooling, in_channels, grid)
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.size = self.pool.features

    def forward(self, output: Tensor) -> Tensor:
        last = self.last(output)
        if last.ndim == 2:
            last = last[:, :, None, None]  # vectors are maps of one cell
        if tuple(last.shape[1:]) != self.frame:
            raise ShapeError(
                f"The head was built for features {['B', 'T', *self.frame]}, but got "
                f"{list(output.shape)}. Build it with the backbone's out_channels and grid."
            )
        features: Tensor = self.pool(last)
        return features if self.dropout is None else self.dropout(features)


class DenseHead(Head):
    """Read the whole horizon off the last step by dense layers, all steps at once.

    The features after the last frame are pooled, joined by what is known of the horizon and of the
    series, and mapped to all outputs, by one linear map or through a hidden layer. Class logits
    are outputs too.

    Parameters
    ----------
    in_channels : int
        Features F of the backbone's output.
    outputs : int
        Numbers to return for a window: horizon * targets, step-major, or classes.
    grid : tuple of int, default=(1, 1)
        Rows and columns (H, W) of the backbone's output; (1, 1) for vectors.
    pooling : {"flatten", "average"}, default="flatten"
        Whether the cells of a map are laid side by side or averaged; averaging has H * W times
        fewer weights.
    hidden : int, default=None
        Units of a hidden layer; none by default, which makes the head linear.
    dropout : float, default=0.0
        Share of the pooled features, and of the hidden units, dropped in training. What is known
        of the horizon is never dropped.
    activation : str, default="relu"
        Activation of the hidden layer, see :func:`make_activation`.
    known : tuple of int, default=(0, 0)
        Shape (horizon, K) of the part ``known``; without it the part is not read.
    static : int, default=0
        Size S of the part ``static``; without it the part is not read.
    embedding : int, default=None
        Numbers that the static features are drawn together into, by a learned linear map; of
        categories as columns of 0 and 1, a learned vector for each. None joins them as they are.
    reverse_channels : int, default=0
        How many of the last channels run backwards, the backbone's attribute of that name.

    Raises
    ------
    ValueError
        If ``pooling`` or ``activation`` is unknown; in ``forward`` if features or parts do not
        have the shapes the head was built for.

    Notes
    -----
    With ``hidden`` None the effect of what is known is linear and every step has weights of its
    own for every step's calendar. :class:`StepHead` shares them across steps.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import DenseHead
    >>> head = DenseHead(16, 7, known=(7, 3), hidden=8)
    >>> head(torch.zeros(2, 28, 16), None, {"known": torch.zeros(2, 7, 3)}).shape
    torch.Size([2, 7])
    """

    @check_arguments(
        in_channels=Integers(1),
        outputs=Integers(1),
        grid=Axes((2,)),
        pooling=Options(*POOLING),
        hidden=Integers(1) | None,
        dropout=SHARE,
        activation=ACTIVATION,
        known=Axes((2,), low=0),
        static=Integers(0),
        embedding=Integers(1) | None,
        reverse_channels=Integers(0),
    )
    def __init__(
        self,
        in_channels: int,
        outputs: int,
        *,
        grid: tuple[int, int] = (1, 1),
        pooling: str = "flatten",
        hidden: int | None = None,
        dropout: float = 0.0,
        activation: str = "relu",
        known: tuple[int, int] = (0, 0),
        static: int = 0,
        embedding: int | None = None,
        reverse_channels: int = 0,
    ) -> None:
        super().__init__()
        self.reverse_channels = reverse_channels
        self.known = tuple(known)
        self.static = static
        self.features = _Features(in_channels, grid, pooling, dropout, reverse_channels)
        self.embed, features = _embedding(static, embedding)
        size = self.features.size + known[0] * known[1] + features
        if hidden is not None:
            self.hidden: nn.Module = _hidden(size, hidden, activation, dropout)
            size = hidden
        else:
            self.hidden = nn.Identity()
        self.out = nn.Linear(size, outputs)

    def forward(
        self,
        output: Tensor,
        state: Any,
        parts: dict[str, Tensor],
    ) -> Tensor:
        """Return the outputs of every window.

        Parameters
        ----------
        output : torch.Tensor
            The backbone's output, [B, T, F] or [B, T, F, H, W].
        state : object
            The backbone's state; not read.
        parts : dict of str to torch.Tensor
            ``known`` [B, horizon, K] and ``static`` [B, S], where the head was built for them.

        Returns
        -------
        torch.Tensor
            [B, outputs].
        """
        columns = [self.features(output)]
        if self.known[0] * self.known[1]:
            known = check_part(parts, "known", self.known, "DenseHead")
            columns.append(known.flatten(1))  # [B, horizon * K]
        if self.static:
            columns.append(self.embed(check_part(parts, "static", (self.static,), "DenseHead")))
        outputs: Tensor = self.out(self.hidden(torch.cat(columns, dim=1)))
        return outputs


class StepHead(Head):
    """Forecast every step of the horizon by one shared network.

    Each step sees the features after the last frame, what is known of *that* step, and which step
    it is. What a holiday or a season does is therefore learned once, not once a step.

    Parameters
    ----------
    in_channels : int
        Features F of the backbone's output.
    horizon : int
        Steps to forecast.
    outputs_per_step : int, default=1
        Numbers to return for a step.
    grid : tuple of int, default=(1, 1)
        Rows and columns (H, W) of the backbone's output; (1, 1) for vectors.
    pooling : {"flatten", "average"}, default="flatten"
        Whether the cells of a map are laid side by side or averaged.
    hidden : int, default=32
        Units of the hidden layer.
    dropout : float, default=0.0
        Share of the pooled features, and of the hidden units, dropped in training.
    activation : str, default="relu"
        Activation of the hidden layer, see :func:`make_activation`.
    known_features : int, default=0
        K of the part ``known`` [B, horizon, K]; with 0 it is not read.
    static_features : int, default=0
        S of the part ``static`` [B, S]; with 0 it is not read.
    embedding : int, default=None
        Numbers that the static features are drawn together into, as in :class:`DenseHead`.
    reverse_channels : int, default=0
        How many of the last channels run backwards, the backbone's attribute of that name.

    Raises
    ------
    ValueError
        If ``pooling`` or ``activation`` is unknown; in ``forward`` if features or parts do not
        have the shapes the head was built for.

    Notes
    -----
    The hidden layer of step k is ``act(A features + B known[k] + step[k])``: a dense layer on the
    features, the step's covariates and the step as one-hot, computed without repeating the
    features. It has hidden * (F * H * W + S + K + horizon + 1) + (hidden + 1) * outputs_per_step
    parameters with ``pooling="flatten"``.

    Examples
    --------
    >>> import torch
    >>> from stforecast.nn import StepHead
    >>> head = StepHead(16, horizon=7, known_features=3)
    >>> head(torch.zeros(2, 28, 16), None, {"known": torch.zeros(2, 7, 3)}).shape
    torch.Size([2, 7])
    """

    @check_arguments(
        in_channels=Integers(1),
        horizon=Integers(1),
        outputs_per_step=Integers(1),
        grid=Axes((2,)),
        pooling=Options(*POOLING),
        hidden=Integers(1),
        dropout=SHARE,
        activation=ACTIVATION,
        known_features=Integers(0),
        static_features=Integers(0),
        embedding=Integers(1) | None,
        reverse_channels=Integers(0),
    )
    def __init__(
        self,
        in_channels: int,
        horizon: int,
        outputs_per_step: int = 1,
        *,
        grid: tuple[int, int] = (1, 1),
        pooling: str = "flatten",
        hidden: int = 32,
        dropout: float = 0.0,
        activation: str = "relu",
        known_features: int = 0,
        static_features: int = 0,
        embedding: int | None = None,
        reverse_channels: int = 0,
    ) -> None:
        super().__init__()
        self.reverse_channels = reverse_channels
        self.known_shape = (horizon, known_features)
        self.static_features = static_features
        self.features = _Features(in_channels, grid, pooling, dropout, reverse_channels)
        self.embed, features = _embedding(static_features, embedding)
        self.window = nn.Linear(self.features.size + features, hidden)
        self.known = nn.Linear(known_features, hidden, bias=False) if known_features else None
        self.step = nn.Parameter(torch.randn(horizon, hidden) * 0.1)
        self.activation = make_activation(activation)
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.out = nn.Linear(hidden, outputs_per_step)

    def forward(
        self,
        output: Tensor,
        state: Any,
        parts: dict[str, Tensor],
    ) -> Tensor:
        """Return the horizon of every window.

        Parameters
        ----------
        output : torch.Tensor
            The backbone's output, [B, T, F] or [B, T, F, H, W].
        state : object
            The backbone's state; not read.
        parts : dict of str to torch.Tensor
            ``known`` [B, horizon, K] and ``static`` [B, S], where the head was built for them.

        Returns
        -------
        torch.Tensor
            [B, horizon * outputs_per_step], step-major.
        """
        steps = self._window(output, parts)[:, None] + self.step  # [B, horizon, hidden]
        if self.known is not None:
            steps = steps + self.known(check_part(parts, "known", self.known_shape, "StepHead"))
        steps = self.activation(steps)
        if self.dropout is not None:
            steps = self.dropout(steps)
        outputs: Tensor = self.out(steps)  # [B, horizon, outputs_per_step]
        return outputs.flatten(1)

    def _window(self, output: Tensor, parts: dict[str, Tensor]) -> Tensor:
        columns = [self.features(output)]
        if self.static_features:
            static = check_part(parts, "static", (self.static_features,), "StepHead")
            columns.append(self.embed(static))
        window: Tensor = self.window(torch.cat(columns, dim=1))
        return window


def _embedding(static: int, size: int | None) -> tuple[nn.Module, int]:
    """Return what static features go through before they join others, and how many come out."""
    if size is None:
        return nn.Identity(), static
    if not static:
        raise ValueError(
            f"embedding={size} draws static features together, but there are none of them. Say how "
            "many there are, or leave embedding out."
        )
    return nn.Linear(static, size, bias=False), size


def _hidden(size: int, hidden: int, activation: str, dropout: float) -> nn.Module:
    layers: list[nn.Module] = [nn.Linear(size, hidden), make_activation(activation)]
    if dropout:
        layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)
