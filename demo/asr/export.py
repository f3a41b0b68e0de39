"""The trained network as a transformers Whisper, and that as the folder faster-whisper loads.

What faster-whisper and CTranslate2 take from the configuration: all guided heads for word times (fewer cost word
errors), language ids for detection, and a 10 s chunk. tokenizer.json and preprocessor_config.json must lie beside the
weights, or it would ask a hub for them.
"""

import json
from pathlib import Path
from typing import Any

from demo.asr.network import GUIDED_HEADS, POSITIONS, TARGET_POSITIONS, Network
from demo.asr.tokens import Tokens
from demo.convert import to_ctranslate2
from demo.lexicon import LANGUAGES
from demo.libraries import library
from demo.training import Plan

COPIED = ("tokenizer.json", "preprocessor_config.json")
CHUNK_SECONDS = 10
SAMPLED = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "sampling_rate": 16_000}
FRAMED = {"hop_length": 160, "n_fft": 400, "chunk_length": CHUNK_SECONDS}


def export(plan: Plan, network: Network, out: Path) -> None:
    transformers = library("transformers")
    tokens = Tokens.load(plan.work / "tokenizer.json")
    model = transformers.WhisperForConditionalGeneration(_config(network, tokens))
    model.load_state_dict(_state(network), strict=True)
    model.generation_config = _generation(network, tokens)
    folder = plan.work / "asr-transformers"
    model.save_pretrained(folder)
    end = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **end}))
    (folder / "preprocessor_config.json").write_text(json.dumps(SAMPLED | FRAMED))
    (folder / "tokenizer.json").write_bytes((plan.work / "tokenizer.json").read_bytes())
    to_ctranslate2(folder, out, COPIED)


def _state(network: Network) -> dict[str, Any]:
    state = {f"model.{name}": weight for name, weight in network.state_dict().items() if not name.startswith("ctc")}
    return state | {"proj_out.weight": state["model.decoder.embed_tokens.weight"]}


def _config(network: Network, tokens: Tokens) -> Any:
    shape = network.shape
    return library("transformers").WhisperConfig(
        vocab_size=shape.vocabulary,
        num_mel_bins=80,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=4 * shape.width,
        decoder_ffn_dim=4 * shape.width,
        max_source_positions=POSITIONS,
        max_target_positions=TARGET_POSITIONS,
        suppress_tokens=None,
        begin_suppress_tokens=None,
        **_ids(tokens),
    )


def _generation(network: Network, tokens: Tokens) -> Any:
    config = library("transformers").GenerationConfig(max_length=TARGET_POSITIONS, **_ids(tokens))
    layers = range(network.shape.decoder_layers)
    config.alignment_heads = [[layer, head] for layer in layers for head in range(GUIDED_HEADS)]
    config.suppress_tokens = []
    config.begin_suppress_tokens = [tokens["endoftext"]]
    config.no_timestamps_token_id = tokens["notimestamps"]
    config.lang_to_id = {f"<|{language}|>": tokens[language] for language in LANGUAGES}
    config.task_to_id = {task: tokens[task] for task in ("transcribe", "translate")}
    config.is_multilingual = True
    return config


def _ids(tokens: Tokens) -> dict[str, int]:
    end = tokens["endoftext"]
    return {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": tokens["startoftranscript"],
    }
