"""A trained network for other runtimes."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

import torch

from stforecast._files import atomic_write
from stforecast.persistence._onnx_modules import onnx_module


def export_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted network with its scaling as an ONNX file.

    The file's input ``window`` takes what `predict` takes, its output ``forecast`` is what
    `predict` gives (``predict_proba`` of a classifier), both in their own units and in single
    precision. Named parts of the windows are further inputs.

    Parameters
    ----------
    model : estimator
        Fitted: a forecaster or classifier with a network, `WindowRidge`, `StencilForecaster`, or a
        `SeedEnsemble` of them. Of a pipeline pass the last step: what goes before it is not
        exported. For others the error says what to pass instead.
    path : str or path
        The file; one that is there is replaced.

    Raises
    ------
    TypeError
        If the model is more than a function of a window, such as one that keeps a series.
    ImportError
        If onnx or onnxscript is not installed.

    See Also
    --------
    save : Keeps the whole model, to be loaded by this library.

    Notes
    -----
    The number of windows is free, their shape fixed. Recurrences of a ConvLSTM are unrolled, so
    the file grows with the frames of a window and takes seconds to write. NaN is masked inside if
    the network was trained so. A baseline of the kind "ridge", "stencil" or "persistence" goes
    into the file, and so does "damped_anomaly" of a series without times, where the network sees
    the rows that the baseline reads as `make_windows` made them: all rows of a masked window for
    persistence, which fills gaps from the earlier ones.

    References
    ----------
    ONNX, Open Neural Network Exchange, https://onnx.ai.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.persistence import export_onnx
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     export_onnx(model, Path(folder, "model.onnx"))
    ...     Path(folder, "model.onnx").read_bytes()[:40].count(b"pytorch")
    1
    """
    _check_packages()
    module, window, parts = onnx_module(model)
    content = _program(module, window, parts).model_proto.SerializeToString()
    with atomic_write(path) as file:
        file.write(content)


def _program(
    module: torch.nn.Module, window: tuple[int, ...], named: dict[str, tuple[int, ...]]
) -> Any:
    inputs = tuple(torch.zeros(3, *shape) for shape in (window, *named.values()))
    parts = tuple({0: "windows"} for _ in named)
    dynamic = ({0: "windows"}, parts) if parts else ({0: "windows"},)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that torchvision is not there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's of its own deprecated parts
            return torch.onnx.export(
                module,
                inputs,
                dynamo=True,
                dynamic_shapes=dynamic,
                input_names=["window", *named],
                output_names=["forecast"],
                verbose=False,
            )
    finally:
        logger.setLevel(level)


def _check_packages() -> None:
    try:
        import onnx
        import onnxscript
    except ImportError as error:
        raise ImportError(
            "export_onnx needs onnx and onnxscript. Install them with pip install onnx onnxscript."
        ) from error
    assert onnx
    assert onnxscript
