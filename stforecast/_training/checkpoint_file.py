"""The state of a fit as a file of data under a digest, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from stforecast._container import Container, parse_json, read_container, write_container
from stforecast._files import open_regular

_KIND, _FORMAT = "stforecast checkpoint", "1"
_NUMBERS = (type(None), bool, int, float)


def write_state(file: IO[bytes], state: dict[str, Any]) -> None:
    """Write a state of tensors, numbers, texts and containers of them."""
    arrays: dict[str, np.ndarray] = {}
    node = _node(state, "state", arrays)
    metadata = {"kind": _KIND, "format": _FORMAT, "state": json.dumps(node)}
    write_container(file, Container(metadata, arrays))


def read_state(path: Path, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the state in a file, if it is one of a net whose present state is `expected`.

    Raises
    ------
    ValueError
        If a bit of the file was changed, or it belongs to another net.
    """
    with open_regular(path) as file:
        found = read_container(file)
    if (found.metadata.get("kind"), found.metadata.get("format")) != (_KIND, _FORMAT):
        raise ValueError("it is not a checkpoint that this release wrote")
    state = _value(parse_json(found.metadata["state"]), dict(found.arrays))
    _check_alike(state, expected, expected["module"], "state")
    return dict(state)


def _node(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, torch.Tensor):
        arrays[path] = value.detach().cpu().numpy()
        return {"tensor": path}
    if isinstance(value, dict):
        pairs = [[key, _node(one, f"{path}.{key}", arrays)] for key, one in value.items()]
        return {"dict": pairs}
    if isinstance(value, list | tuple):
        nodes = [_node(one, f"{path}.{i}", arrays) for i, one in enumerate(value)]
        return {"tuple": nodes} if isinstance(value, tuple) else nodes
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (str, *_NUMBERS)):
        return value
    raise TypeError(f"{path} is a {type(value).__name__}, which no checkpoint can hold.")


def _value(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value of a node; each array stands for one tensor."""
    if isinstance(node, list):
        return [_value(one, arrays) for one in node]
    if not isinstance(node, dict):
        return node
    [(kind, content)] = node.items()
    if kind == "tensor":
        return torch.from_numpy(arrays.pop(content))
    if kind == "tuple":
        return tuple(_value(one, arrays) for one in content)
    if kind == "dict":
        return {key: _value(one, arrays) for key, one in content}
    raise ValueError(f"it holds a value of the kind {kind!r:.40}")


def _check_alike(found: Any, expected: Any, weights: dict[str, Any], path: str) -> None:
    """Raise unless a value is of the kind that stands in its place before the fit."""
    if isinstance(expected, torch.Tensor):
        same = isinstance(found, torch.Tensor) and found.shape == expected.shape
        _require(same and found.dtype == expected.dtype, path)
    elif isinstance(expected, dict):
        _check_dict(found, expected, weights, path)
    elif isinstance(expected, list | tuple):
        _check_items(found, expected, weights, path)
    elif isinstance(expected, str):
        _require(found == expected, path)
    elif expected is None and isinstance(found, dict | torch.Tensor):
        _check_new(found, weights, path)
    else:
        _require(isinstance(found, _NUMBERS), path)


def _check_dict(found: Any, expected: dict[Any, Any], weights: dict[str, Any], path: str) -> None:
    _require(isinstance(found, dict), path)
    if not expected or not found:
        _check_new(found, weights, path)
        return
    if path == "state.callbacks":
        # others may be there now, such as a bar; a user's own alone knows what it keeps
        expected = {name: one for name, one in expected.items() if "" not in one}
        found = {name: one for name, one in found.items() if name in expected}
    else:
        _require(found.keys() == expected.keys(), path)
    for key, one in found.items():
        _check_alike(one, expected[key], weights, f"{path}.{key}")


def _check_items(found: Any, expected: Any, weights: dict[str, Any], path: str) -> None:
    _require(isinstance(found, list | tuple), path)
    if path == "state.history":
        rows = all(isinstance(row, dict) and all(map(_is_text, row)) for row in found)
        _require(rows, path)
        return
    if len(found) != len(expected):  # a list that grows with the epochs
        _require(all(isinstance(one, _NUMBERS) for one in found), path)
        return
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        _check_alike(one, other, weights, f"{path}.{i}")


def _check_new(found: Any, weights: dict[str, Any], path: str) -> None:
    """Raise unless what was not there before the fit is numbers, or has the shape of weights."""
    shapes = {tuple(weight.shape) for weight in weights.values()} | {()}
    if isinstance(found, torch.Tensor):
        # the generator of a GPU is bytes
        _require(tuple(found.shape) in shapes or found.dtype == torch.uint8, path)
        return
    _require(isinstance(found, dict), path)
    for key, one in found.items():
        _require(isinstance(key, str | int), path)
        if isinstance(one, dict | torch.Tensor):
            _check_new(one, weights, f"{path}.{key}")
        else:
            _require(isinstance(one, _NUMBERS), f"{path}.{key}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _require(condition: bool, path: str) -> None:
    if not condition:
        raise ValueError(f"{path} is not that of this fit")
