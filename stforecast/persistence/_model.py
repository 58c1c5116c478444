"""Save a model to one file, and load it."""

from __future__ import annotations

import json
import os
import warnings
from typing import IO, Any

import numpy as np
from sklearn.base import BaseEstimator

from stforecast._container import Container, parse_json, read_container, write_container
from stforecast._files import atomic_write, open_regular
from stforecast._training.execution.devices import DeviceNotFoundError, resolve_device
from stforecast._training.versions import PACKAGES, versions
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence._kinds import build_model, check_model, write_model
from stforecast.persistence._nodes import Node, SchemaError

FORMAT = 2
_KIND = "stforecast model"
_WARNING_PACKAGES = ("stforecast", "scikit-learn", "torch")


def save(model: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save a model, fitted or not, to one file that holds data and no code.

    The file is written beside its place, read back, compared with the model and moved to its place
    when all is the same, so a failure leaves what was there before.

    Parameters
    ----------
    model : estimator
        A forecaster, classifier, window transformer or `SeriesForecaster` of this library, or an
        estimator of scikit-learn around or beside them (see the notes). A `SktimeForecaster` is
        saved by its ``forecaster_``.
    path : str or path
        The file; one that is there is replaced, at the end of a symbolic link. A new one has the
        permissions that the umask leaves.

    Raises
    ------
    TypeError
        If the model holds what no file may hold, such as a class, a function or a callback of
        yours. The message names where in the model it is, and what to use instead.
    OSError
        If the folder is not there or cannot be written, or the path is a device or a pipe.

    See Also
    --------
    load : Reads the file.
    export_onnx : For other runtimes, the network only.

    Notes
    -----
    Of scikit-learn a file may hold linear models (not those of stochastic gradients for classes),
    ridge and kernel ridge, discriminants, linear support vector machines, multilayer perceptrons,
    trees, random forests, extra trees, both kinds of gradient boosting (without categories),
    bagging, AdaBoost, voting, stacking, calibrated classifiers, scalers, encoders, imputers and
    decompositions, pipelines, unions, column transformers, transformed targets, searches over a
    grid, and splitters. Functions are `calendar_features`, functions of one array of numpy such as
    ``numpy.log1p``, and scorers by their names.

    The file has the layout of safetensors, uncompressed, with a description in JSON and a SHA-256
    digest of every byte in its metadata; any reader of safetensors lists the weights. Its size is
    three times that of the weights, with the optimizer's memory, and that of the series' last
    rows. It holds what `net_params` says in numbers and in optimizers and losses of torch.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from stforecast.persistence import load, save
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> path = Path(tempfile.mkdtemp()) / "model.stf"
    >>> save(model, path)
    >>> bool((load(path).predict(X) == model.predict(X)).all())
    True
    """
    if not isinstance(model, BaseEstimator):
        raise TypeError(
            f"save needs a scikit-learn estimator, got {type(model).__name__}. Of a "
            "SktimeForecaster, save its forecaster_."
        )
    content = _container(model)
    with atomic_write(path) as file:
        write_container(file, content)
        _check_round_trip(model, content, file)


def load(path: str | os.PathLike[str], *, device: str | None = None) -> Any:
    """Load a model that `save` wrote.

    The file is data: it names classes, functions and time zones by keys of tables in this library,
    and every value in it is checked against what its class may hold before anything is made. So
    loading runs no code of the file's author, whoever that is. What the model forecasts is up to
    its author all the same.

    Parameters
    ----------
    path : str or path
        The file.
    device : str, default=None
        Where networks go, whatever their ``device`` was; by default that.

    Returns
    -------
    estimator
        The model, whose predictions are those of the saved one.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the machine lacks the device.
    DataIntegrityError
        If the file is broken, was not written by `save`, or holds what no file may hold.

    Warns
    -----
    UserWarning
        If the file was written with another release of stforecast, scikit-learn or torch.

    See Also
    --------
    save : Writes the file, with an example.

    Notes
    -----
    Loading takes at most twice the memory of the arrays in the file, beside the classes it needs
    and the description, of at most 32 MiB and 1,048,576 parts. No function stands where a network
    would call it.

    Examples
    --------
    >>> from stforecast.persistence import load
    >>> load("nowhere.stf")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.stf'
    """
    if device is not None:
        resolve_device(device)  # a device that is missing here is not a fault of the file
    with open_regular(path) as file:
        container = _read(path, file)
    file_versions = _check_header(path, container.metadata)
    try:
        node = parse_json(container.metadata["model"])
        check_model(node, container.arrays)
        model = build_model(node, container.arrays, device)
    except DeviceNotFoundError as error:
        raise ValueError(
            f"{str(path)!r} holds a network whose {error} Pass device= to load."
        ) from error
    except Exception as error:
        raise _release_error(path, error, file_versions) from error
    return model


def _container(model: BaseEstimator) -> Container:
    try:
        node, arrays = write_model(model)
    except SchemaError as error:
        raise TypeError(f"{type(model).__name__} cannot be saved: {error}.") from error
    metadata = {
        "kind": _KIND,
        "format": str(FORMAT),
        "versions": json.dumps(versions()),
        "model": json.dumps(node, separators=(",", ":")),
    }
    return Container(metadata, arrays)


def _check_round_trip(model: BaseEstimator, content: Container, file: IO[bytes]) -> None:
    """Raise unless the file gives a model that would be written the same."""
    container = read_container(file)
    node = parse_json(container.metadata["model"])
    # where the network goes does not depend on what was written
    copy, arrays = write_model(build_model(node, container.arrays, "cpu", keep_device=True))
    # as texts, in which NaN equals NaN, and 1, 1.0 and True differ
    is_same = json.dumps(copy, separators=(",", ":")) == content.metadata["model"]
    if not (is_same and all(_are_equal(arrays[name], content.arrays[name]) for name in arrays)):
        raise TypeError(
            f"{type(model).__name__} cannot be saved: it would come back as another "
            f"({_difference(node, copy) or 'in its arrays'}). Fit it again and save before you "
            "change its attributes."
        )


def _are_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays have the same bits."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _difference(a: Node, b: Node, path: str = "") -> str | None:
    """Return where two nodes differ, None where they do not."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        pairs = [(a[key], b[key], f"{path}.{key}") for key in a]
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = [(*items, f"{path}[{i}]") for i, items in enumerate(zip(a, b, strict=True))]
    else:
        return None if json.dumps(a) == json.dumps(b) else path or "the model"
    return next(filter(None, (_difference(*pair) for pair in pairs)), None)


def _read(path: Any, file: IO[bytes]) -> Container:
    try:
        return read_container(file)
    except ValueError as error:
        file.seek(0)
        if file.read(2) == b"PK":  # a zip archive, as files of that format were
            raise DataIntegrityError(
                f"{str(path)!r} has a format of stforecast before its first release, which this "
                "release does not read. Fit the model again and save it."
            ) from error
        raise DataIntegrityError(
            f"{str(path)!r} is broken or was not written by stforecast.persistence.save: "
            f"{_safe_text(str(error)):.300}. "
            "Save the model again."
        ) from error


def _check_header(path: Any, metadata: Any) -> dict[str, str]:
    """Raise unless this release reads the format; return the releases that wrote it."""
    number = metadata.get("format", "")
    # a number of few digits: Python refuses to read one of thousands
    if metadata.get("kind") != _KIND or not number.isdecimal() or len(number) > 9:
        raise DataIntegrityError(
            f"{str(path)!r} was not written by stforecast.persistence.save. Pass a file that it "
            "wrote."
        )
    if int(number) > FORMAT:
        raise DataIntegrityError(
            f"{str(path)!r} has format {number}, but this release of stforecast reads {FORMAT} at "
            "most. Update stforecast."
        )
    file_versions = _parse_versions(metadata.get("versions", ""))
    if differences := _version_differences(file_versions, _WARNING_PACKAGES):
        warnings.warn(
            f"{str(path)!r} was saved with {differences}. Compare its predictions before you rely "
            "on them, or fit and save again.",
            UserWarning,
            stacklevel=3,
        )
    return file_versions


def _parse_versions(text: str) -> dict[str, str]:
    try:
        record = parse_json(text)
    except ValueError:
        return {}
    items, current = record.items() if isinstance(record, dict) else (), versions()
    return {
        name: _safe_text(version)[:40]
        for name, version in items
        if name in current and isinstance(version, str)
    }


def _version_differences(file_versions: dict[str, str], names: tuple[str, ...]) -> str:
    current = versions()
    return ", ".join(
        f"{name} {version} (now {current[name]})"
        for name, version in file_versions.items()
        if name in names and _release(version) != _release(current[name])
    )


def _release_error(
    path: Any, error: Exception, file_versions: dict[str, str]
) -> DataIntegrityError:
    differences = _version_differences(file_versions, ("stforecast", *PACKAGES))
    remedy = (
        f"It was saved with {differences}: load it there" if differences else "Save the model again"
    )
    kind = "" if isinstance(error, SchemaError) else f"{type(error).__name__}: "
    return DataIntegrityError(
        f"{str(path)!r} holds what this release does not read: {kind}"
        f"{_safe_text(str(error)):.300}. {remedy}."
    )


def _safe_text(text: str) -> str:
    """Return a text of a file without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _release(name: str) -> list[str]:
    return name.split(".")[:2]  # patch releases should change no forecast
