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


def read_state(path: Path, pattern: dict[str, Any]) -> dict[str, Any]:
    """Return the state in a file, if it is one of a net whose present state is `pattern`.

    Raises
    ------
    ValueError
        If a bit of the file was changed, or it belongs to another net.
    """
    with open_regular(path) as file:
        container = read_container(file)
    if (container.metadata.get("kind"), container.metadata.get("format")) != (_KIND, _FORMAT):
        raise ValueError("it is not a checkpoint that this release wrote")
    state = _value(parse_json(container.metadata["state"]), dict(container.arrays))
    _check_alike(state, pattern, pattern["module"], "state")
    return dict(state)


def _node(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, torch.Tensor):
        arrays[path] = value.detach().cpu().numpy()
        return {"tensor": path}
    if isinstance(value, dict):
        # pairs, since JSON would turn keys that are numbers into texts
        pairs = [[key, _node(item, f"{path}.{key}", arrays)] for key, item in value.items()]
        return {"dict": pairs}
    if isinstance(value, list | tuple):
        nodes = [_node(item, f"{path}.{i}", arrays) for i, item in enumerate(value)]
        return {"tuple": nodes} if isinstance(value, tuple) else nodes
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (str, *_NUMBERS)):
        return value
    raise TypeError(f"{path} is a {type(value).__name__}, which no checkpoint can hold.")


def _value(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value of a node; each array stands for one tensor."""
    if isinstance(node, list):
        return [_value(item, arrays) for item in node]
    if not isinstance(node, dict):
        return node
    [(kind, content)] = node.items()
    if kind == "tensor":
        return torch.from_numpy(arrays.pop(content))
    if kind == "tuple":
        return tuple(_value(item, arrays) for item in content)
    if kind == "dict":
        return {key: _value(item, arrays) for key, item in content}
    raise ValueError(f"it holds a value of the kind {kind!r:.40}")


def _check_alike(value: Any, pattern: Any, weights: dict[str, Any], path: str) -> None:
    """Raise unless a value is of the kind that stands in its place before the fit."""
    if isinstance(pattern, torch.Tensor):
        same = isinstance(value, torch.Tensor) and value.shape == pattern.shape
        _require(same and value.dtype == pattern.dtype, path)
    elif isinstance(pattern, dict):
        _check_dict(value, pattern, weights, path)
    elif isinstance(pattern, list | tuple):
        _check_items(value, pattern, weights, path)
    elif isinstance(pattern, str):
        _require(value == pattern, path)
    elif pattern is None and isinstance(value, dict | torch.Tensor):
        # such as the weights of the best epoch, None until there is one
        _check_new(value, weights, path)
    else:
        _require(isinstance(value, _NUMBERS), path)


def _check_dict(value: Any, pattern: dict[Any, Any], weights: dict[str, Any], path: str) -> None:
    _require(isinstance(value, dict), path)
    if not pattern or not value:  # an optimizer has no state before its first step
        _check_new(value, weights, path)
        return
    if path == "state.callbacks":
        # others may be there now, such as a bar; a user's own alone knows what it keeps
        pattern = {name: memory for name, memory in pattern.items() if "" not in memory}
        value = {name: memory for name, memory in value.items() if name in pattern}
    else:
        _require(value.keys() == pattern.keys(), path)
    for key, item in value.items():
        _check_alike(item, pattern[key], weights, f"{path}.{key}")


def _check_items(value: Any, pattern: Any, weights: dict[str, Any], path: str) -> None:
    _require(isinstance(value, list | tuple), path)
    if path == "state.history":
        rows = all(isinstance(row, dict) and all(map(_is_text, row)) for row in value)
        _require(rows, path)
        return
    if len(value) != len(pattern):  # a list that grows with the epochs
        _require(all(isinstance(item, _NUMBERS) for item in value), path)
        return
    for i, (item, part) in enumerate(zip(value, pattern, strict=True)):
        _check_alike(item, part, weights, f"{path}.{i}")


def _check_new(value: Any, weights: dict[str, Any], path: str) -> None:
    """Raise unless what was not there before the fit is numbers, or has the shape of weights."""
    shapes = {tuple(weight.shape) for weight in weights.values()} | {()}
    if isinstance(value, torch.Tensor):
        # the generator of a GPU is bytes
        _require(tuple(value.shape) in shapes or value.dtype == torch.uint8, path)
        return
    _require(isinstance(value, dict), path)
    for key, item in value.items():
        _require(isinstance(key, str | int), path)
        if isinstance(item, dict | torch.Tensor):
            _check_new(item, weights, f"{path}.{key}")
        else:
            _require(isinstance(item, _NUMBERS), f"{path}.{key}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _require(condition: bool, path: str) -> None:
    if not condition:
        raise ValueError(f"{path} is not that of this fit")
