"""ConvLSTM equations in slow float64 numpy, cell by cell and tap by tap."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
}
sigmoid = ACTIVATIONS["sigmoid"]


def convolve(x, weight, dilation=(1, 1)):
    """[B, C, H, W] with [F, C, kH, kW] to [B, F, H, W]; the tap (k - 1) // 2 is the cell itself."""
    B, _, H, W = x.shape
    F, _, kH, kW = weight.shape
    y = np.zeros((B, F, H, W))
    for row in range(H):
        for column in range(W):
            for a in range(kH):
                for b in range(kW):
                    r = row + a * dilation[0] - dilation[0] * (kH - 1) // 2
                    s = column + b * dilation[1] - dilation[1] * (kW - 1) // 2
                    if 0 <= r < H and 0 <= s < W:
                        y[:, :, row, column] += x[:, :, r, s] @ weight[:, :, a, b].T
    return y


def step(x, h, c, Wx, Wh, bias, peephole=None, dilation=(1, 1), activation="tanh"):
    """One step of Shi et al. (2015), equations (3), gates in the order i, f, g, o."""
    act = ACTIVATIONS[activation]
    p_i, p_f, p_o = (0, 0, 0) if peephole is None else peephole
    z = convolve(x, Wx, dilation) + convolve(h, Wh, dilation) + bias[:, None, None]
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    i, f = sigmoid(z_i + p_i * c), sigmoid(z_f + p_f * c)
    c = f * c + i * act(z_g)
    return sigmoid(z_o + p_o * c) * act(c), c


def gru_step(x, h, Wx, Wh, b, b_h, dilation=(1, 1), activation="tanh"):
    """One step of a ConvGRU, Shi et al. (2017), equation (3), weights in the order r, z, n."""
    zx = convolve(x, Wx, dilation) + b[:, None, None]
    zh = convolve(h, Wh, dilation) + b_h[:, None, None]
    (x_r, x_z, x_n), (h_r, h_z, h_n) = np.split(zx, 3, axis=1), np.split(zh, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    return (1 - z) * ACTIVATIONS[activation](x_n + r * h_n) + z * h


def rnn_step(x, h, Wx, Wh, b, dilation=(1, 1), activation="tanh"):
    """One step of a network without gates."""
    sums = convolve(x, Wx, dilation) + convolve(h, Wh, dilation)
    return ACTIVATIONS[activation](sums + b[:, None, None])


def run(x, h, c, **weights):
    """Steps over [B, T, C, H, W]; returns [B, T, F, H, W] and the last (h, c)."""
    output = []
    for t in range(x.shape[1]):
        h, c = step(x[:, t], h, c, **weights)
        output.append(h)
    return np.stack(output, axis=1), (h, c)


def normalise(z, groups, scale, shift, eps=1e-5):
    """Group norm of [B, C, H, W], window by window and group by group."""
    y = np.empty_like(z)
    for window in range(len(z)):
        for members in np.split(np.arange(z.shape[1]), groups):
            part = z[window, members]
            y[window, members] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return y * scale[:, None, None] + shift[:, None, None]


def slopes(function, value, step_size=1e-6):
    """Central differences of a scalar function of an array, entry by entry."""
    slope = np.empty_like(value)
    for index in np.ndindex(value.shape):
        ahead, back = value.copy(), value.copy()
        ahead[index] += step_size
        back[index] -= step_size
        slope[index] = (function(ahead) - function(back)) / (2 * step_size)
    return slope
