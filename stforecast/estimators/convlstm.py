"""ConvLSTM: memory that keeps its place on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stforecast._training.training import Training
from stforecast.estimators._backbones import ConvLSTMBackbone
from stforecast.estimators._base import Forecaster
from stforecast.estimators.decoders import Decoder
from stforecast.estimators.layers import ConvLSTMLayers

__all__ = ["ConvLSTMForecaster"]


class ConvLSTMForecaster(ConvLSTMBackbone, Forecaster):
    """Forecast with a convolutional LSTM, whose states are maps.

    Every frame of the window is convolved into the state, which is convolved itself from step to
    step, so that what happens next to a cell moves into it. A table has frames of one cell; fold
    time (`FoldTime`) or place columns (`ColumnsToGrid`) to give it neighbours.

    Parameters
    ----------
    hidden_channels : int, default=16
        Channels of the state in each layer.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; use (1, k) for frames of one row.
    num_layers : int, default=1
        ConvLSTM layers, one on the other.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, in [0, 1).
    layers : ConvLSTMLayers, default=None
        The rarer choices of layers: cell variant, residual links, both directions.
    decoder : {"dense", "step", "rollout"} or decoder part, default="dense"
        What turns the last state into the horizon; "rollout" gives maps.
    standardize : bool, default=True
        Whether inputs (per channel) and targets are standardised from the training rows inside
        `fit`, and forecasts turned back.
    lr : float, default=0.003
        Learning rate.
    max_epochs : int, default=50
        Passes over the training samples, fewer if early stopping ends them.
    batch_size : int, default=64
        Samples in a step of training.
    training : Training, default=None
        The rarer choices: loss, schedule, early stopping, weight decay.
    device : str, default="auto"
        "cuda", "cpu" or any torch device; "auto" takes a GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, dropout and shuffling; with an int, fits on a CPU are identical.
    verbose : int, default=0
        1 shows a progress bar.
    net_params : dict, default=None
        Parameters of the skorch net, merged last; its callbacks extend ours.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.
    history_ : DataFrame
        Losses and seconds of each epoch.
    versions_ : dict of str to str
        Releases of the library, Python and the packages that the fit depended on.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.
    shapes_ : NetShapes
        Shapes that the network was built for.

    Notes
    -----
    The default decoder sees the whole last map at once; a window costs about
    ``8 T H W kh kw hidden (C + hidden)`` multiplications and additions a layer.

    References
    ----------
    Shi et al. (2015), Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting, arXiv:1506.04214.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import ConvLSTMForecaster, FoldTime, make_windows
    >>> load = np.sin(np.arange(300) * 2 * np.pi / 7)
    >>> X, y = make_windows(load, lookback=28, horizon=7)
    >>> week = ConvLSTMForecaster(8, (1, 3), max_epochs=30, random_state=0)
    >>> model = make_pipeline(FoldTime(width=7), week).fit(X[:-50], y[:-50])
    >>> model.predict(X[-50:]).shape
    (50, 7)
    """

    def __init__(
        self,
        hidden_channels: int = 16,
        kernel_size: int | tuple[int, int] = 3,
        num_layers: int = 1,
        dropout: float = 0.0,
        *,
        layers: ConvLSTMLayers | None = None,
        decoder: str | Decoder = "dense",
        standardize: bool = True,
        lr: float = 0.003,
        max_epochs: int = 50,
        batch_size: int = 64,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
        net_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.hidden_channels = hidden_channels
        self.kernel_size = kernel_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.layers = layers
        self.decoder = decoder
        self.standardize = standardize
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.net_params = net_params
