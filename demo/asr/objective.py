"""What the speech model is asked: the next token, where to look for it, and the letters in the encoder.

Guided attention gives word times for free and makes the decoder learn in minutes. Its floor is not cosmetic:
CTranslate2 standardises attention over tokens without an epsilon, and a frame to which no token attends turns word
times into NaN, whole segments lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from demo.asr.features import BANDS
from demo.asr.network import GUIDED_HEADS, LOWEST_LOG_WEIGHT, Network
from demo.asr.windows import IGNORED, Window

LABEL_SMOOTHING = 0.05


@dataclass(frozen=True)
class Batch:
    """Windows as tensors; `guide` (batch, tokens, encoder frames) is 1 where a token should be read, `guided` marks
    its rows.
    """

    mel: Tensor
    tokens: Tensor
    targets: Tensor
    guide: Tensor
    owner: Tensor
    guided: Tensor
    letters: Tensor
    letter_counts: Tensor
    frames: Tensor

    @classmethod
    def of(cls, windows: Sequence[Window], filler: int) -> "Batch":
        longest = max(window.mel.shape[1] for window in windows)
        longest += 16 - longest % 8
        mel = np.zeros((len(windows), BANDS, longest), np.float32)
        for row, window in enumerate(windows):
            mel[row, :, : window.mel.shape[1]] = window.mel
        guide, owner, guided = _guides(windows, longest // 2)
        return cls(
            mel=torch.from_numpy(mel),
            tokens=_padded([window.tokens for window in windows], filler),
            targets=_padded([window.targets for window in windows], IGNORED),
            guide=guide,
            owner=owner,
            guided=guided,
            letters=torch.tensor([letter for window in windows for letter in window.letters], dtype=torch.long),
            letter_counts=torch.tensor([len(window.letters) for window in windows]),
            frames=torch.tensor([(window.mel.shape[1] + 1) // 2 for window in windows]),
        )


def losses(network: Network, batch: Batch, padding: int, *, owned: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropy of tokens, of attention against the guides (with its floor), and CTC of letters."""
    memory, bias, length = network.encoder(batch.mel, padding)
    logits, weights = network.decoder(batch.tokens, memory, bias)
    tokens = functional.cross_entropy(
        logits.transpose(1, 2), batch.targets, ignore_index=IGNORED, label_smoothing=LABEL_SMOOTHING
    )
    guided = [layer[:, :GUIDED_HEADS, :, :length] for layer in weights]
    guides = sum(_guide_loss(layer, batch) for layer in guided)
    if owned:
        guides = guides + owned * sum(_owner_loss(layer, batch) for layer in guided)
    letters = network.ctc(memory[:, :length]).log_softmax(-1).transpose(0, 1)
    ctc = functional.ctc_loss(letters, batch.letters, batch.frames, batch.letter_counts, zero_infinity=True)
    assert isinstance(guides, Tensor)
    return tokens, guides, ctc


def _guide_loss(log_weights: Tensor, batch: Batch) -> Tensor:
    inside = (log_weights.exp().mean(1) * batch.guide).sum(-1)
    count = batch.guided.sum().clamp(min=1)
    aimed = -((inside + 1e-4).log() * batch.guided).sum() / count
    rows = batch.guided[:, None, :, None]
    below = (functional.relu(LOWEST_LOG_WEIGHT - log_weights) * rows).sum() / (
        count * GUIDED_HEADS * log_weights.shape[-1]
    )
    return aimed / 2 + below / 2


def _owner_loss(log_weights: Tensor, batch: Batch) -> Tensor:
    """Of all tokens, the one that a frame belongs to should look at it most: word ends are where the next one wins."""
    nowhere = torch.finfo(log_weights.dtype).min
    competing = log_weights.masked_fill(batch.guided[:, None, :, None] == 0, nowhere)
    owning = log_weights.masked_fill(batch.owner[:, None] == 0, nowhere)
    frames = batch.owner.amax(1)[:, None]
    lost = (competing.logsumexp(2) - owning.logsumexp(2)) * frames
    return lost.sum() / (frames.sum() * GUIDED_HEADS).clamp(min=1) / 2


def _guides(windows: Sequence[Window], frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where to look; whose a frame is (the first token owns the pause before it as well); which tokens have a place."""
    count = max(len(window.tokens) for window in windows)
    guide, guided = np.zeros((len(windows), count, frames), np.float32), np.zeros((len(windows), count), np.float32)
    owner = guide.copy()
    for row, window in enumerate(windows):
        for at, interval in enumerate(window.guides):
            if interval is not None:
                low, high = max(0, int(interval[0] / 2)), int(np.ceil(interval[1] / 2)) + 1
                first = not guided[row].any()
                guide[row, at, low:high] = guided[row, at] = 1
                owner[row, at, 0 if first else low : high] = 1
        owner[row, :, (window.mel.shape[1] + 1) // 2 :] = 0
    return torch.from_numpy(guide), torch.from_numpy(owner), torch.from_numpy(guided)


def _padded(rows: Sequence[Sequence[int]], filler: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])
