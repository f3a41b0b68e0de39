"""Whisper's encoder and decoder under transformers' parameter names, for windows shorter than 30 s.

transformers' own encoder refuses anything but 3000 frames, and training on 30 s windows costs several times more.
Here the zeros that faster-whisper pads to 30 s are stood for by a few sampled positions whose attention carries the
weight of all of them, so that the weights work unchanged on the real 3000 frames. The state dict loads into
WhisperForConditionalGeneration.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from demo.asr.features import BANDS

POSITIONS = 1500
TARGET_POSITIONS = 448
GUIDED_HEADS = 2
LOWEST_LOG_WEIGHT = -10.0


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int = 128
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 2


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None = None, causal: bool = False) -> Tensor:
        q, k, v = (self._split(project(x)) for project in (self.q_proj, self.k_proj, self.v_proj))
        return self._merge(functional.scaled_dot_product_attention(q, k, v, attn_mask=bias, is_causal=causal))

    def across(self, x: Tensor, memory: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attention over the encoder's output, and its log-weights (batch, heads, target, source)."""
        q, k, v = self._split(self.q_proj(x)), self._split(self.k_proj(memory)), self._split(self.v_proj(memory))
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        weights = (scores if bias is None else scores + bias).log_softmax(-1)
        return self._merge(weights.exp() @ v), weights

    def _split(self, x: Tensor) -> Tensor:
        batch, _, width = x.shape
        return x.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)

    def _merge(self, x: Tensor) -> Tensor:
        merged: Tensor = self.out_proj(x.transpose(1, 2).flatten(2))
        return merged


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def _feed(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x))))
        return out


class EncoderLayer(Layer):
    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        return self._feed(x + self.self_attn(self.self_attn_layer_norm(x), bias))


class DecoderLayer(Layer):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.encoder_attn = Attention(width, heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=True)
        read, weights = self.encoder_attn.across(self.encoder_attn_layer_norm(x), memory, bias)
        return self._feed(x + read), weights


class Encoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.conv1 = nn.Conv1d(BANDS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(POSITIONS, width)
        self.embed_positions.weight = nn.Parameter(sinusoids(POSITIONS, width), requires_grad=False)
        self.layers = nn.ModuleList(EncoderLayer(width, shape.heads) for _ in range(shape.encoder_layers))
        self.layer_norm = nn.LayerNorm(width)

    def forward(self, mel: Tensor, padding: int) -> tuple[Tensor, Tensor, int]:
        """Output, attention bias and length without the `padding` sampled positions at its end."""
        x = self._convolved(mel)
        batch, length = len(x), x.shape[1]
        places = self.embed_positions.weight
        rest = torch.randint(length, POSITIONS, (batch, padding))
        empty = self._convolved(mel.new_zeros(1, BANDS, 16))[:, 4]
        x = torch.cat([x + places[:length], empty[None] + places[rest]], 1)
        bias = x.new_zeros(batch, 1, 1, length + padding)
        bias[..., length:] = math.log((POSITIONS - length) / padding)
        for layer in self.layers:
            x = layer(x, bias)
        return self.layer_norm(x), bias, length

    def _convolved(self, mel: Tensor) -> Tensor:
        return functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)


class Decoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.embed_positions = nn.Embedding(TARGET_POSITIONS, shape.width)
        nn.init.normal_(self.embed_tokens.weight, 0, 0.02)
        nn.init.normal_(self.embed_positions.weight, 0, 0.02)
        self.layers = nn.ModuleList(DecoderLayer(shape.width, shape.heads) for _ in range(shape.decoder_layers))
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, tokens: Tensor, memory: Tensor, bias: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits, and every layer's cross-attention log-weights."""
        x, weights = self.embed_tokens(tokens) + self.embed_positions.weight[: tokens.shape[1]], []
        for layer in self.layers:
            x, read = layer(x, memory, bias)
            weights.append(read)
        return self.layer_norm(x) @ self.embed_tokens.weight.T, weights


class Network(nn.Module):
    """`ctc` helps the encoder in training only and is not exported."""

    def __init__(self, shape: Shape, letters: int) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
        self.ctc = nn.Linear(shape.width, letters + 1)
        local_start(self)


def sinusoids(length: int, width: int) -> Tensor:
    angles = torch.arange(length)[:, None] * _speeds(width)[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def local_start(network: Network, gain: float = 1.25) -> None:
    """Begin with encoder heads that look a fixed few frames aside: q·k = sum of cos(w (i - j + offset)) over the
    fastest sinusoids.

    Without it the encoder first has to find out that neighbours matter, which takes longer than all the rest of the
    training.
    """
    offsets = ((-2, 2, -5, 5), (-3, 3, -7, 7), (-2, 2, -6, None))
    with torch.no_grad():
        network.encoder.conv1.weight.mul_(2.5)
        network.encoder.conv2.weight.mul_(2.5)
        for index, layer in enumerate(network.encoder.layers):
            assert isinstance(layer, EncoderLayer)
            for head, offset in enumerate(offsets[min(index, 2)]):
                if offset is not None:
                    _aim(layer.self_attn, head, offset, gain)


def _aim(attention: Attention, head: int, offset: int, gain: float) -> None:
    width = attention.q_proj.in_features
    size = width // attention.heads
    speeds, fast = _speeds(width)[: size // 2], torch.arange(size // 2)
    sin, cos = fast, width // 2 + fast
    turn_cos, turn_sin = gain * torch.cos(speeds * offset), gain * torch.sin(speeds * offset)
    query, key = torch.zeros(size, width), torch.zeros(size, width)
    query[fast, sin] = query[size // 2 + fast, cos] = torch.full_like(speeds, gain)
    key[fast, sin], key[fast, cos] = turn_cos, -turn_sin
    key[size // 2 + fast, cos], key[size // 2 + fast, sin] = turn_cos, turn_sin
    rows = slice(head * size, (head + 1) * size)
    for projection, weight in ((attention.q_proj, query), (attention.k_proj, key)):
        projection.weight[rows] = weight + 0.02 * torch.randn_like(weight)
    attention.q_proj.bias[rows] = 0


def _speeds(width: int) -> Tensor:
    return torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
