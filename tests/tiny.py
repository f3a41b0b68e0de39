"""Tiny Hugging Face models of true shape with random weights, made on the spot; tokenizers are the demo pack's own."""

import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.models.installed import BUILT_IN

DEMO = BUILT_IN / "demo"
WIDTH, INNER, LAYERS, HEADS = 32, 64, 2, 2


def library(name: str) -> Any:
    """Untyped, and absent from the base install."""
    return import_module(name)


def llama(folder: Path, seed: int = 0) -> Path:
    """A chat model as a hub has it."""
    tokens = _tokenizer("chat", folder, "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    config = library("transformers").LlamaConfig(
        vocab_size=len(tokens), hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=1, max_position_embeddings=256,
        bos_token_id=tokens["<s>"], eos_token_id=tokens["<|end|>"], pad_token_id=tokens["</s>"],
    )  # fmt: skip
    return _saved("LlamaForCausalLM", config, folder, seed)


def nllb(folder: Path) -> Path:
    """A translation model."""
    tokens = _tokenizer("mt", folder, "tokenizer.json", "tokenizer_config.json", "sentencepiece.bpe.model")
    config = library("transformers").M2M100Config(
        vocab_size=len(tokens), d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS,
        encoder_attention_heads=HEADS, decoder_attention_heads=HEADS, encoder_ffn_dim=INNER, decoder_ffn_dim=INNER,
        max_position_embeddings=256, pad_token_id=tokens["<pad>"], bos_token_id=tokens["<s>"],
        eos_token_id=tokens["</s>"], decoder_start_token_id=tokens["</s>"],
    )  # fmt: skip
    return _saved("M2M100ForConditionalGeneration", config, folder)


def whisper(folder: Path) -> Path:
    """A speech model; what faster-whisper asks of its configuration is there."""
    tokens = _tokenizer("asr", folder, "tokenizer.json")
    end = tokens["<|endoftext|>"]
    ids = {
        "bos_token_id": end, "eos_token_id": end, "pad_token_id": end,
        "decoder_start_token_id": tokens["<|startoftranscript|>"],
    }  # fmt: skip
    config = library("transformers").WhisperConfig(
        vocab_size=len(tokens), num_mel_bins=80, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS,
        encoder_attention_heads=HEADS, decoder_attention_heads=HEADS, encoder_ffn_dim=INNER, decoder_ffn_dim=INNER,
        max_source_positions=1500, max_target_positions=64, suppress_tokens=None, begin_suppress_tokens=None, **ids,
    )  # fmt: skip
    end_marks = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    facts = {"tokenizer_class": "PreTrainedTokenizerFast", **end_marks}
    (folder / "tokenizer_config.json").write_text(json.dumps(facts))
    shutil.copy(DEMO / "asr" / "preprocessor_config.json", folder)
    _saved("WhisperForConditionalGeneration", config, folder)
    languages = {mark: tokens[mark] for mark in ("<|en|>", "<|fr|>", "<|es|>", "<|de|>") if mark in tokens}
    (folder / "generation_config.json").write_text(json.dumps({
        **ids, "max_length": 64, "alignment_heads": [[0, 0]], "suppress_tokens": [], "begin_suppress_tokens": [end],
        "no_timestamps_token_id": tokens["<|notimestamps|>"], "lang_to_id": languages, "is_multilingual": True,
        "task_to_id": {task: tokens[f"<|{task}|>"] for task in ("transcribe", "translate")},
    }))  # fmt: skip
    return folder


def adapter(model: Path, folder: Path) -> Path:
    """A LoRA adapter (peft) that changes what the model says."""
    torch, peft = library("torch"), library("peft")
    made = library("transformers").LlamaForCausalLM.from_pretrained(str(model))
    adapted = peft.get_peft_model(made, peft.LoraConfig(r=4, lora_alpha=64, target_modules=["q_proj", "v_proj"]))
    torch.manual_seed(1)
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            weight.data.normal_()
    adapted.save_pretrained(str(folder))
    return folder


def _tokenizer(kind: str, folder: Path, *names: str) -> dict[str, int]:
    """Copy the tokenizer; its tokens by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(DEMO / kind / name, folder / name)
    from tokenizers import Tokenizer

    vocabulary: dict[str, int] = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab(with_added_tokens=True)
    return vocabulary


def _saved(name: str, config: Any, folder: Path, seed: int = 0) -> Path:
    library("torch").manual_seed(seed)
    getattr(library("transformers"), name)(config).eval().save_pretrained(str(folder))
    return folder
