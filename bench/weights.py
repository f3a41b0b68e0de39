"""Random weights of the right shapes, in which a chain of words is hidden so that the output has a forced length.

A token's embedding is a random direction; the projection's row of the next word of its chain points the same way,
and the layers between add little. So a model walks one chain from its first word to its end mark with probability
near 1, whatever the options: no fallbacks, no early ends, the compute of a real model. Twins of a chain share a
direction per place, which keeps beams abreast: all of them end at the same step, as they nearly do in real life.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
ADDED = 0.03
"""Gain of what a layer adds to the residual stream."""
LOGIT = 28.0
"""What the next word of a chain gets; 256,206 words without a pull share a probability of exp(12.5 - LOGIT)."""


def noise(rng: np.random.Generator, *shape: int, gain: float = 1.0) -> Matrix:
    """Normal numbers of deviation ``gain``."""
    values: Matrix = rng.standard_normal(shape, dtype=np.float32)
    return values * np.float32(gain)


def fill_linear(spec: Any, rng: np.random.Generator, out: int, into: int, *, gain: float = 1.0) -> None:
    """A linear layer that keeps the deviation of its input, times ``gain``."""
    spec.weight, spec.bias = noise(rng, out, into, gain=gain * into**-0.5), np.zeros(out, np.float32)


def fill_norm(spec: Any, depth: int) -> None:
    """A layer norm that only normalises."""
    spec.gamma, spec.beta = np.ones(depth, np.float32), np.zeros(depth, np.float32)


def fill_layer(layer: Any, rng: np.random.Generator, depth: int) -> None:
    """One transformer layer: attention to itself, to the encoder if it has that, feed-forward of four depths."""
    for attention, sizes in ((layer.self_attention, (3, 1)), (getattr(layer, "attention", None), (1, 2, 1))):
        if attention is not None:
            fill_norm(attention.layer_norm, depth)
            for linear, size in zip(attention.linear, sizes, strict=True):
                fill_linear(linear, rng, size * depth, depth)
            attention.linear[-1].weight *= np.float32(ADDED)
    fill_norm(layer.ffn.layer_norm, depth)
    fill_linear(layer.ffn.linear_0, rng, 4 * depth, depth)
    fill_linear(layer.ffn.linear_1, rng, depth, 4 * depth, gain=ADDED)


def sinusoids(length: int, depth: int) -> Matrix:
    """Whisper's table of positions."""
    rates = np.exp(-np.log(10_000.0) / (depth // 2 - 1) * np.arange(depth // 2))
    angles = np.arange(length)[:, None] * rates[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


class Chains:
    """Embeddings and projection of a vocabulary, in which ``twins`` chains of each length are laid."""

    def __init__(self, rng: np.random.Generator, size: int, depth: int) -> None:
        self._rng, self._depth = rng, depth
        self.embeddings = noise(rng, size, depth)
        self.projection = noise(rng, size, depth, gain=0.5 * depth**-0.5)
        self._last = noise(rng, depth)

    def lay(self, twins: Sequence[Sequence[int]], *, end: Sequence[int]) -> None:
        """Chains of one length, given as their tokens; each goes on to ``end``, one token after the other."""
        places = np.stack([*noise(self._rng, len(twins[0]) - 1, self._depth), self._last])
        for chain in twins:
            for place, token in enumerate(chain):
                self.embeddings[token] = (self.embeddings[token] + places[place]) * np.float32(0.5**0.5)
        for chain in twins:
            for token, after in pairwise(chain):
                self.follow(self.embeddings[token], after)
        self.follow(self._last * np.float32(2**0.5), end[0])
        for token, after in pairwise(end):
            self.follow(self.embeddings[token], after)

    def follow(self, direction: Matrix, token: int, *, logit: float = LOGIT) -> None:
        """Where the hidden state points in ``direction``, ``token`` is the likely next one."""
        self.projection[token] = direction * np.float32(logit / self._depth)
