"""What every decoder, attention and cell part offers: derive your own from these."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from sklearn.base import BaseEstimator
from skorch.callbacks import Callback
from torch import nn

from stforecast._composite import Composite
from stforecast._training.losses import Loss
from stforecast.estimators._shapes import NetShapes
from stforecast.nn.base import Backbone, Head
from stforecast.nn.convlstm_cell import CellFactory

__all__ = ["Attention", "Cell", "Decoder"]


class Decoder(Composite):
    """Base of decoders: what turns the network's output into the horizon, and how it is trained.

    A subclass has to say `build`; the rest has the defaults that suit one value for each target.

    Attributes
    ----------
    quantiles : sequence of float
        Levels that the head gives for every target, 0.5 among them; none for a single value.

    Examples
    --------
    >>> from stforecast.estimators import Decoder, LSTMForecaster
    >>> from stforecast.nn import DenseHead
    >>> class TwoLayers(Decoder):
    ...     def build(self, backbone, grid, shapes):
    ...         return DenseHead(backbone.out_channels, shapes.outputs, grid=grid, hidden=8)
    >>> LSTMForecaster(decoder=TwoLayers())
    LSTMForecaster(decoder=TwoLayers())
    """

    quantiles: Sequence[float] = ()

    @abstractmethod
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

    def criterion(self, loss: str, masked: bool) -> nn.Module:
        """Return the loss that a forecaster is trained with.

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
        return Loss(loss, masked)

    def callbacks(self) -> list[Callback]:
        """Return what changes the head between epochs.

        Returns
        -------
        list of skorch.callbacks.Callback
            None by default.
        """
        return []


class Attention(BaseEstimator):
    """Base of parts that stand between CNN and LSTM."""

    @abstractmethod
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
            The pooling, and the attention before or after it.
        """


class Cell(BaseEstimator):
    """Base of parts that say what the cells of a ConvLSTM are."""

    @abstractmethod
    def build(self, grid: tuple[int, int]) -> CellFactory:
        """Return what makes cells.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        callable
            Called with channels and kernel size.
        """
