"""A ConvLSTM of Keras on TensorFlow, or of JAX, timed in an environment of its own.

Run by ``convlstm --peers PYTHON`` as ``PYTHON peer.py keras|jax THREADS B T C F H W kH kW``. It
answers every line that it reads (``train`` or ``forward``) with the seconds of one pass, so that
it takes its turns with the ways of another process. It needs nothing of this project.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

Ways = dict[str, Callable[[], object]]


def keras_ways(threads: int, shape: tuple[int, ...]) -> Ways:
    """Return one step and one forward pass of Keras's layer, compiled by TensorFlow."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    B, T, C, F, H, W, kH, kW = shape
    layer = tf.keras.layers.ConvLSTM2D(F, (kH, kW), padding="same", return_sequences=True)
    x = tf.random.normal((B, T, H, W, C))
    layer(x)

    @tf.function
    def forward() -> object:
        return layer(x)

    @tf.function
    def train() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(x)))
        return tape.gradient(loss, layer.trainable_variables)

    return {
        "forward": lambda: forward().numpy().shape,
        "train": lambda: [one.numpy().shape for one in train()],
    }


def jax_ways(threads: int, shape: tuple[int, ...]) -> Ways:
    """Return one step and one forward pass of a plain loop, compiled by JAX."""
    flags = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}"
    os.environ["XLA_FLAGS"] = f"{flags} intra_op_parallelism_threads={threads}"
    import jax
    from jax import numpy as jnp

    B, T, C, F, H, W, kH, kW = shape
    keys = jax.random.split(jax.random.PRNGKey(0), 2)
    x = jax.random.normal(keys[0], (T, B, H, W, C))
    weights = 0.05 * jax.random.normal(keys[1], (kH, kW, C + F, 4 * F)), jnp.zeros(4 * F)

    def step(weights: object, state: object, frame: object) -> object:
        h, c = state
        z = jax.lax.conv_general_dilated(
            jnp.concatenate([frame, h], -1), weights[0], (1, 1), "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )  # fmt: skip
        i, f, g, o = jnp.split(z + weights[1], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def run(weights: object) -> object:
        zeros = jnp.zeros((B, H, W, F))
        return jax.lax.scan(lambda s, frame: step(weights, s, frame), (zeros, zeros), x)[1]

    forward = jax.jit(run)
    train = jax.jit(jax.grad(lambda weights: jnp.mean(run(weights) ** 2)))
    return {
        "forward": lambda: forward(weights).block_until_ready(),
        "train": lambda: jax.block_until_ready(train(weights)),
    }


def hold_to_cores(threads: int) -> None:
    """Run on as many cores as threads: JAX takes every core whatever its flags say."""
    if hasattr(os, "sched_setaffinity"):  # Linux alone
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    """Answer lines until there are no more."""
    name, threads, *shape = sys.argv[1:]
    hold_to_cores(int(threads))
    make = {"keras": keras_ways, "jax": jax_ways}[name]
    ways = make(int(threads), tuple(int(size) for size in shape))
    for way in ways.values():
        way()
    for line in sys.stdin:
        start = time.perf_counter()
        ways[line.strip()]()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
