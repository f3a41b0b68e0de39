"""Trains the speech model from scratch in one run: words, then sentences, then windows of several sentences.

Batches are drawn in pools from the seed and the step at which the pool begins; checkpoints fall between pools.
"""

import random
from itertools import islice

import torch
from torch import Tensor

from demo import grammar
from demo.asr import bank, tokens
from demo.asr.network import Network, Shape
from demo.asr.objective import Batch, losses
from demo.asr.windows import LETTERS, Style, Window, Windows
from demo.scores import word_errors
from demo.training import Loop, Plan, one_thread, say

STEPS = 7_500
PEAK = 1.2e-3
UTTERANCES = 20_000
POOL = 6
LISTEN_STEPS = 600
SETTLED = 0.78
OWNED = 1.0

CURRICULUM = (
    (0.10, Style(batch=32, padding=12, cut=4, clean=0.5)),
    (0.40, Style(batch=10, padding=16, clean=0.4)),
    (0.70, Style(batch=6, padding=32, many=0.7, clean=0.35)),
    (1.01, Style(batch=6, padding=32, many=0.85, clean=0.35)),
)


def style_at(done: float) -> Style:
    return next(style for end, style in CURRICULUM if done < end)


def train(plan: Plan) -> Network:
    one_thread(plan.seed)
    vocabulary, data, unseen = prepare(plan)
    network = Network(Shape(vocabulary.size), len(LETTERS))
    loop = Loop(plan, "asr", network, optimiser(network), PEAK)
    for step in loop:
        torch.manual_seed(plan.seed * 1_000_003 + step)
        style = style_at(loop.done)
        rng = random.Random(f"{plan.seed}/{step}")
        _pool(loop, network, Windows(data, vocabulary, rng, style), style, vocabulary["endoftext"])
        if step % LISTEN_STEPS >= LISTEN_STEPS - POOL:
            say(f"asr: WER on unseen sentences {listen(network, unseen, vocabulary):.3f}")
        loop.checkpoint()
    loop.checkpoint(now=True)
    return network


def _pool(loop: Loop, network: Network, windows: Windows, style: Style, filler: int) -> None:
    early, owned = loop.done < 0.5, OWNED if loop.done >= SETTLED else 0.0
    for drawn in islice(windows.pool(POOL), loop.plan.steps - loop.step):
        token, guide, ctc = losses(network, Batch.of(drawn, filler), style.padding, owned=owned)
        loss = token + (0.5 if early else 0.25) * guide + (0.5 if early else 0.2) * ctc
        loop.update(loss, token=token.item(), guide=guide.item(), ctc=ctc.item())


def prepare(plan: Plan) -> tuple[tokens.Tokens, bank.Bank, bank.Bank]:
    """Tokens, training bank and held-out bank; made once per work folder."""
    plan.work.mkdir(parents=True, exist_ok=True)
    path = plan.work / "tokenizer.json"
    if not path.is_file():
        tokens.build(path)
    vocabulary = tokens.Tokens.load(path)
    name, count = ("bank-smoke", 200) if plan.smoke else ("bank", UTTERANCES)
    for folder, size, evaluation in ((name, count, False), ("heldout", 120, True)):
        if not (plan.work / folder / "utterances.json").is_file():
            bank.build(plan.work / folder, size, plan.seed + 98 * evaluation, evaluation=evaluation)
    return vocabulary, bank.Bank(plan.work / name, vocabulary), bank.Bank(plan.work / "heldout", vocabulary)


def optimiser(network: Network) -> torch.optim.Optimizer:
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    matrices, vectors = [w for w in trained if w.ndim > 1], [w for w in trained if w.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK, betas=(0.9, 0.98), foreach=True)


@torch.no_grad()
def listen(network: Network, unseen: bank.Bank, vocabulary: tokens.Tokens, count: int = 48) -> float:
    """Word error rate of greedy decoding on single unseen sentences in seen voices."""
    windows = Windows(unseen, vocabulary, random.Random(1), Style(batch=16, padding=0))
    drawn: list[Window] = [windows.draw(many=False) for _ in range(count)]
    spoken = [window for window in drawn if window.letters]
    said = [vocabulary.text(window.tokens) for window in spoken]
    heard = [text for k in range(0, len(spoken), 16) for text in _greedy(network, spoken[k : k + 16], vocabulary)]
    pairs = [(grammar.normal(a), grammar.normal(b)) for a, b in zip(said, heard, strict=True)]
    return sum(word_errors(a, b) for a, b in pairs) / sum(len(a.split()) for a, _ in pairs)


def _greedy(network: Network, windows: list[Window], vocabulary: tokens.Tokens, longest: int = 40) -> list[str]:
    end = vocabulary["endoftext"]
    memory, bias, _ = network.encoder(Batch.of(windows, end).mel, 256)
    start = [vocabulary[name] for name in ("startoftranscript", "en", "transcribe", "notimestamps")]
    out: Tensor = torch.tensor([start] * len(windows))
    ended = torch.zeros(len(windows), dtype=torch.bool)
    for _ in range(longest):
        following = network.decoder(out, memory, bias)[0][:, -1].argmax(-1)
        following[ended] = end
        ended |= following == end
        out = torch.cat([out, following[:, None]], 1)
        if ended.all():
            break
    return [vocabulary.text(row) for row in out.tolist()]
