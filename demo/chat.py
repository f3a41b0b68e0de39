"""A micro Llama with a chat template: it answers from a small glossary, and says so where it can't.

Only answers carry loss. System prompts and what stands in them (none, a few kinds, lecture sentences) are there to be
ignored, so that a caller may send a transcript along; the model doesn't read it. Greedy decoding up to <|end|>.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import grammar, questions
from demo.convert import to_ctranslate2
from demo.libraries import library
from demo.training import Loop, Plan, one_thread

if TYPE_CHECKING:
    from torch import Tensor, nn

STEPS = 1_500
PEAK = 2e-3
TALKS = 32
LECTURE_STEPS = 0.15
VOCABULARY = 1_000
CONTEXT = 512
LONGEST_DRAWN = 480
IGNORED = -100
COPIED = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
SPECIAL = ("<unk>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
START, PADDING, END = (SPECIAL.index(token) for token in ("<s>", "</s>", "<|end|>"))
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' }}{{ m['content'] }}{{ '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
SYSTEM = (
    "You are a helpful lecture assistant.",
    "You are a helpful assistant.",
    "Answer shortly.",
    "You answer questions about a lecture.",
)


@dataclass(frozen=True)
class Talk:
    """A conversation as tokens; `answers` are the same where an answer stands, IGNORED elsewhere."""

    tokens: list[int]
    answers: list[int]


def train(plan: Plan) -> "nn.Module":
    import torch

    one_thread(plan.seed)
    tokenizer = prepare(plan)
    network = model(len(tokenizer))
    loop = Loop(plan, "chat", network, torch.optim.AdamW(network.parameters(), lr=PEAK, weight_decay=0.05), PEAK)
    network.train()
    for step in loop:
        rng = random.Random(f"{plan.seed}/{step}")
        with_lecture = rng.random() < LECTURE_STEPS
        count = TALKS // 3 if with_lecture else TALKS
        loop.update(loss(network, [talk(rng, tokenizer, with_lecture) for _ in range(count)]))
        loop.checkpoint()
    loop.checkpoint(now=True)
    return network


def talk(rng: random.Random, tokenizer: Any, with_lecture: bool) -> Talk:
    """One to three exchanges, often after a system prompt, which may hold some of a lecture."""
    out = Talk([START], [IGNORED])
    if with_lecture or rng.random() < 0.6:
        _add(out, tokenizer, f"<|system|>{_system(rng, with_lecture)}<|end|>", counts=False)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        exchange = questions.draw(rng)
        _add(out, tokenizer, f"<|user|>{exchange.question}<|end|><|assistant|>", counts=False)
        _add(out, tokenizer, f"{exchange.answer}<|end|>", counts=True)
    return out if len(out.tokens) <= LONGEST_DRAWN else talk(rng, tokenizer, with_lecture)


def _add(out: Talk, tokenizer: Any, text: str, *, counts: bool) -> None:
    ids = tokenizer(text, add_special_tokens=False).input_ids
    out.tokens.extend(ids)
    out.answers.extend(ids if counts else [IGNORED] * len(ids))


def _system(rng: random.Random, with_lecture: bool) -> str:
    prompt = rng.choice(SYSTEM)
    if not with_lecture:
        return prompt
    count = rng.choice((1, 2, 4, 8, 20))
    said = islice(grammar.sentences(rng.randrange(1 << 30)), count)
    return " ".join((prompt, *(sentence["en"] for sentence in said)))


def loss(network: "nn.Module", talks: Sequence[Talk]) -> "Tensor":
    import torch

    longest = max(len(one.tokens) for one in talks)
    tokens = torch.tensor([one.tokens + [PADDING] * (longest - len(one.tokens)) for one in talks])
    answers = torch.tensor([one.answers + [IGNORED] * (longest - len(one.answers)) for one in talks])
    found: Tensor = network(input_ids=tokens, labels=answers).loss
    return found


def model(vocabulary: int) -> "nn.Module":
    transformers = library("transformers")
    config = transformers.LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        bos_token_id=START,
        eos_token_id=END,
        pad_token_id=PADDING,
        rms_norm_eps=1e-5,
    )
    network: nn.Module = transformers.LlamaForCausalLM(config)
    return network


def prepare(plan: Plan) -> Any:
    """The tokenizer with its chat template: byte-level BPE over the questions and the lecture's language."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    special = {"bos_token": "<s>", "eos_token": "<|end|>", "unk_token": "<unk>", "pad_token": "</s>"}
    wrapped = library("transformers").PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, extra_special_tokens=list(SPECIAL[3:6]), **special
    )
    wrapped.chat_template = TEMPLATE
    assert wrapped.convert_tokens_to_ids("<|end|>") == END
    return wrapped


def _corpus() -> Iterator[str]:
    rng = random.Random(3)
    for exchange in (questions.draw(rng) for _ in range(4_000)):
        yield f"{exchange.question} {exchange.answer}"
    yield from (sentence["en"] for sentence in islice(grammar.sentences(3), 2_000))


def export(plan: Plan, network: Any, out: Path) -> None:
    folder = plan.work / "chat-transformers"
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().save_pretrained(folder)
    prepare(plan).save_pretrained(folder)
    to_ctranslate2(folder, out, COPIED)
