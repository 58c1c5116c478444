"""The layers again, in slow float64 numpy, written from their equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import nn

Array = NDArray[np.float64]


def weights_of(module: nn.Module) -> dict[str, Array]:
    """Parameters as float64 arrays by name."""
    return {name: p.detach().double().numpy() for name, p in module.named_parameters()}


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
}


def torch_layout(weights: Mapping[str, Array]) -> Mapping[str, Array]:
    """Weights of a ConvLSTM on one cell under the names of ``nn.LSTM``; its own as they are."""
    if not any("conv" in name for name in weights):
        return weights
    places = {"reverse_cell.": "l0_reverse", "cell.": "l0"}
    named: dict[str, Array] = {}
    for name, value in weights.items():
        suffix = next(end for place, end in places.items() if place in name)
        kind = "ih" if "input_conv" in name else "hh"
        if name.endswith("weight"):
            named[f"weight_{kind}_{suffix}"] = value[:, :, 0, 0]
        else:
            named[f"bias_{kind}_{suffix}"] = value
    zeros = {name.replace("ih", "hh"): 0 * one for name, one in named.items() if "bias_ih" in name}
    return zeros | named


def lstm(
    x: Array,
    weights: Mapping[str, Array],
    suffix: str,
    h: Array,
    c: Array,
    activation: Callable[[Array], Array] = np.tanh,
) -> tuple[Array, Array, Array]:
    """One direction of one layer over x [B, T, F]; returns output [B, T, hidden], h, c."""
    output = []
    for t in range(x.shape[1]):
        z = x[:, t] @ weights[f"weight_ih_{suffix}"].T + h @ weights[f"weight_hh_{suffix}"].T
        z = z + weights[f"bias_ih_{suffix}"] + weights[f"bias_hh_{suffix}"]
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * activation(g)
        h = sigmoid(o) * activation(c)
        output.append(h)
    return np.stack(output, axis=1), h, c


def gru(
    x: Array,
    weights: Mapping[str, Array],
    suffix: str,
    h: Array,
    c: Array,
    activation: Callable[[Array], Array] = np.tanh,
) -> tuple[Array, Array, Array]:
    """One direction of one GRU layer over x [B, T, F]; returns output [B, T, hidden], h, h."""
    output = []
    for t in range(x.shape[1]):
        zx = x[:, t] @ weights[f"weight_ih_{suffix}"].T + weights[f"bias_ih_{suffix}"]
        zh = h @ weights[f"weight_hh_{suffix}"].T + weights[f"bias_hh_{suffix}"]
        (x_r, x_z, x_n), (h_r, h_z, h_n) = np.split(zx, 3, axis=1), np.split(zh, 3, axis=1)
        z = sigmoid(x_z + h_z)
        h = (1 - z) * activation(x_n + sigmoid(x_r + h_r) * h_n) + z * h
        output.append(h)
    return np.stack(output, axis=1), h, h


def rnn(
    x: Array,
    weights: Mapping[str, Array],
    suffix: str,
    h: Array,
    c: Array,
    activation: Callable[[Array], Array] = np.tanh,
) -> tuple[Array, Array, Array]:
    """One direction of one layer without gates over x [B, T, F]; returns output, h, h."""
    output = []
    for t in range(x.shape[1]):
        sums = x[:, t] @ weights[f"weight_ih_{suffix}"].T + h @ weights[f"weight_hh_{suffix}"].T
        h = activation(sums + weights[f"bias_ih_{suffix}"] + weights[f"bias_hh_{suffix}"])
        output.append(h)
    return np.stack(output, axis=1), h, h


UNITS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def convolve(x: Array, kernel: Array, bias: Array | None = None) -> Array:
    """Same-size cross-correlation of x [N, C, ...] with kernel [F, C, ...], zeros outside.

    The extra cell of an even kernel lies after the cell it is for.
    """
    sizes = kernel.shape[2:]
    padded = np.pad(x, [(0, 0), (0, 0), *(((k - 1) // 2, k // 2) for k in sizes)])
    out = np.zeros((len(x), len(kernel), *x.shape[2:]))
    for place in np.ndindex(*x.shape[2:]):
        cells = tuple(slice(p, p + k) for p, k in zip(place, sizes, strict=True))
        patch = padded[(slice(None), slice(None), *cells)].reshape(len(x), -1)
        out[(slice(None), slice(None), *place)] = patch @ kernel.reshape(len(kernel), -1).T
    if bias is not None:
        out += bias.reshape(-1, *[1] * len(sizes))
    return out


def max_pool(x: Array, pool: tuple[int, ...]) -> Array:
    """Largest of each pool of x [N, C, ...]; what is left over at the end is dropped."""
    sizes = tuple(n // p for n, p in zip(x.shape[2:], pool, strict=True))
    out = np.empty((*x.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        cells = tuple(slice(k * p, (k + 1) * p) for k, p in zip(place, pool, strict=True))
        patch = x[(slice(None), slice(None), *cells)]
        out[(slice(None), slice(None), *place)] = patch.max(tuple(range(2, x.ndim)))
    return out


def batch_norm(x: Array, scale: Array, shift: Array, eps: float = 1e-5) -> Array:
    """Channels of x [N, C, ...] at mean 0 and variance 1 over the batch, scaled and shifted."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *[1] * (x.ndim - 2))
    normal = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
    return normal * scale.reshape(shape) + shift.reshape(shape)


def squeeze_excite(x: Array, weights: Mapping[str, Array]) -> Array:
    """Maps x [B, T, C, H, W] with the weight of each channel of each frame."""
    mean = x.mean((-2, -1))
    units = np.maximum(0, mean @ weights["squeeze.weight"].T + weights["squeeze.bias"])
    scale = sigmoid(units @ weights["excite.weight"].T + weights["excite.bias"])
    return x * scale[..., None, None]


def positions(T: int, F: int) -> Array:
    """Sines and cosines of Vaswani et al., [T, F]."""
    table = np.empty((T, F))
    for t in range(T):
        for k in range(F):
            angle = t / 10_000 ** ((k - k % 2) / F)
            table[t, k] = np.sin(angle) if k % 2 == 0 else np.cos(angle)
    return table


def layer_norm(x: Array, scale: Array, shift: Array, eps: float = 1e-5) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(x.var(-1, keepdims=True) + eps) * scale + shift


def attend(x: Array, weights: Mapping[str, Array], heads: int) -> Array:
    """Multi-head self-attention over the steps of x [B, T, F]."""
    B, _, F = x.shape
    projected = x @ weights["self_attn.in_proj_weight"].T + weights["self_attn.in_proj_bias"]
    mixed = np.empty_like(x)
    for b in range(B):
        q, k, v = np.split(projected[b], 3, axis=1)
        for part in np.split(np.arange(F), heads):
            scores = q[:, part] @ k[:, part].T / np.sqrt(len(part))
            share = np.exp(scores - scores.max(1, keepdims=True))
            mixed[b][:, part] = share / share.sum(1, keepdims=True) @ v[:, part]
    return mixed @ weights["self_attn.out_proj.weight"].T + weights["self_attn.out_proj.bias"]


def transformer(x: Array, weights: Mapping[str, Array], heads: int) -> Array:
    """Pre-norm encoder layer on x [B, T, F], with positions added first."""
    x = x + positions(*x.shape[1:])
    x = x + attend(layer_norm(x, weights["norm1.weight"], weights["norm1.bias"]), weights, heads)
    units = layer_norm(x, weights["norm2.weight"], weights["norm2.bias"])
    units = np.maximum(0, units @ weights["linear1.weight"].T + weights["linear1.bias"])
    return x + units @ weights["linear2.weight"].T + weights["linear2.bias"]
