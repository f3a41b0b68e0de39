"""Chat by transformers, really run on a tiny Llama with random weights: company, length, seeds, adapters, refusals."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from processors.chatting.values import Ask, Chatter, Sampling, Step
from processors.engines import transformers_chat
from schemas.errors import BadSettings, ChalkstreamError, Unavailable
from tests import tiny
from tests.fakes import MODEL

HERE = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("transformers") is not None
HOT = Sampling(temperature=1.5, top_p=0.95)
LONG, SHORT = "What is a partition of a topic, and what is it good for?", "Hello"


def load(folder: Path, **options: Any) -> Chatter:
    return transformers_chat.load(
        folder, MODEL, context=200, options=options, compute_type="default", device="cpu", workers=1, threads=1
    )


def talk(chatter: Chatter, *asks: Ask) -> list[Any]:
    """The last word on each: its step with the whole text, or its error."""
    texts, ends = [""] * len(asks), list[Any]([None] * len(asks))
    for at, what in (told for burst in chatter.converse(asks, lambda _: False) for told in burst):
        if isinstance(what, Step):
            texts[at] += what.text
        ends[at] = Step(texts[at], what.tokens, what.prompt_tokens, what.finish) if isinstance(what, Step) else what
    return ends


def ask(text: str, most: int = 12, **told: Any) -> Ask:
    return Ask((("user", text),), most, **told)


@pytest.mark.skipif(HERE, reason="torch is installed")
def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"chalkstream\[transformers\]"):
        load(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.llama(tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="module")
def chatter(folder: Path) -> Chatter:
    return load(folder)


@pytest.mark.train
def test_answers_are_the_same_alone_in_company_and_streamed(chatter: Chatter) -> None:
    alone = [talk(chatter, ask(each))[0] for each in (LONG, SHORT)]
    assert talk(chatter, ask(LONG), ask(SHORT)) == alone
    assert talk(chatter, ask(LONG, stream=True), ask(SHORT, stream=True)) == alone
    assert all(step.finish in ("stop", "length") and 0 < step.tokens <= 12 for step in alone)


@pytest.mark.train
def test_it_says_what_transformers_itself_says(chatter: Chatter, folder: Path) -> None:
    transformers, torch = tiny.library("transformers"), tiny.library("torch")
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(str(folder))
    model = transformers.LlamaForCausalLM.from_pretrained(str(folder))
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": LONG}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.inference_mode():
        found = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    text = tokenizer.decode(found[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    (step,) = talk(chatter, ask(LONG))
    assert step.text == text and step.prompt_tokens == prompt["input_ids"].shape[1]


@pytest.mark.train
def test_a_seed_is_honoured_alone_in_company_and_after_a_crash(chatter: Chatter) -> None:
    seeded = ask(LONG, sampling=HOT, seed=7)
    (whole,) = talk(chatter, seeded)
    others = [ask(SHORT, sampling=HOT, seed=n) for n in range(3)]
    assert chatter.seeds and talk(chatter, *others, seeded)[-1] == whole == talk(chatter, seeded)[0]
    assert len({talk(chatter, ask(LONG, sampling=HOT, seed=n))[0].text for n in range(4)}) > 1
    assert len({talk(chatter, ask(LONG, sampling=HOT))[0].text for _ in range(4)}) > 1


@pytest.mark.train
def test_a_prompt_over_the_context_is_refused_and_spares_the_others(chatter: Chatter) -> None:
    long, fine = talk(chatter, ask("word " * 600), ask(SHORT))
    assert isinstance(long, ChalkstreamError) and long.code == "prompt_too_long"
    assert isinstance(fine, Step)


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_an_adapter_is_merged_when_the_model_is_loaded(chatter: Chatter, folder: Path, tmp_path: Path) -> None:
    peft, torch = tiny.library("peft"), tiny.library("torch")
    made = tiny.adapter(folder, tmp_path / "adapter")
    merged = load(folder, lora=str(made))
    model = merged._lanes._run._model  # type: ignore[attr-defined]
    assert not isinstance(model, peft.PeftModel) and not any("lora" in name for name, _ in model.named_parameters())
    plain = chatter._lanes._run._model  # type: ignore[attr-defined]
    told = torch.tensor([[1, 5, 9, 11]])
    base = tiny.library("transformers").LlamaForCausalLM.from_pretrained(str(folder))
    with torch.inference_mode():
        adapted = peft.PeftModel.from_pretrained(base, str(made))(told).logits
        assert torch.allclose(model(told).logits, adapted, atol=1e-4)
        assert not torch.allclose(plain(told).logits, adapted, atol=1e-2)


def pickled(folder: Path) -> None:
    torch = tiny.library("torch")
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def foreign(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModelForCausalLM": "own.Own"}}))
    (folder / "own.py").write_text("raise SystemExit('code of the model was run')")


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("spoil", [pickled, foreign])
def test_pickles_and_foreign_code_are_refused(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    made = tiny.llama(tmp_path / "llama")
    spoil(made)
    with pytest.raises(BadSettings):
        load(made)


@pytest.mark.train
def test_an_adapter_that_is_not_there_or_a_pickle_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.bin").write_bytes(b"")
    with pytest.raises(BadSettings, match=r"adapter_model\.safetensors"):
        load(folder, lora=str(tmp_path))
