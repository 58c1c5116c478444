"""CNN-LSTM: a CNN reads every frame, an LSTM reads what it saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stforecast._training.training import Training
from stforecast.estimators._backbones import CNNLSTMBackbone
from stforecast.estimators._base import Forecaster
from stforecast.estimators.decoders import Decoder
from stforecast.estimators.layers import CNNLSTMLayers

__all__ = ["CNNLSTMForecaster"]


class CNNLSTMForecaster(CNNLSTMBackbone, Forecaster):
    """Forecast with a CNN on every frame and an LSTM over what it makes of them.

    Parameters
    ----------
    filters : sequence of int, default=(16,)
        Output channels of each convolution, one on the other.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; where a frame has one row, its height is 1.
    hidden_channels : int, default=32
        Units of the LSTM.
    dropout : float, default=0.0
        Share dropped in training of the CNN's maps and of the LSTM's outputs, in [0, 1).
    layers : CNNLSTMLayers, default=None
        The rarer choices of layers: pooling, normalisation, residual blocks, attention, 3-D.
    decoder : {"dense", "step"} or decoder part, default="dense"
        What turns the last state into the horizon.
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
    The CNN is the same for every frame. A table has frames of one cell, on which a convolution is
    a dense layer; fold time with `FoldTime` so that it sees the days of a week side by side.

    References
    ----------
    Donahue et al. (2015), Long-term Recurrent Convolutional Networks, arXiv:1411.4389.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import CNNLSTMForecaster, FoldTime, make_windows
    >>> load = np.sin(np.arange(300) * 2 * np.pi / 7)
    >>> X, y = make_windows(load, lookback=28, horizon=7)
    >>> week = CNNLSTMForecaster((8,), max_epochs=30, random_state=0)
    >>> model = make_pipeline(FoldTime(width=7), week).fit(X[:-50], y[:-50])
    >>> model.predict(X[-50:]).shape
    (50, 7)
    """

    def __init__(
        self,
        filters: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int] = 3,
        hidden_channels: int = 32,
        dropout: float = 0.0,
        *,
        layers: CNNLSTMLayers | None = None,
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
        self.filters = filters
        self.kernel_size = kernel_size
        self.hidden_channels = hidden_channels
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
