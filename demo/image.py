"""A micro Stable Diffusion: CLIP text encoder, 8x autoencoder and cross-attention UNet, 64x64 pixels.

Two trainings, one after the other: the autoencoder on pictures, then text encoder and UNet on its latents (velocity
prediction, with unconditional steps for guidance, and an average of the weights, which is what ships).
"""

import copy
import json
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import shapes
from demo.libraries import library
from demo.training import Loop, Plan, one_thread, say

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 2_500
AUTOENCODER_STEPS = 2_000
PEAK = 2e-3
PICTURES = 1_800
SMOKE_PICTURES = 72
AUTOENCODER_BATCH, BATCH = 8, 24
UNCONDITIONAL = 0.1
PROMPT_TOKENS = 20
TEXT_WIDTH = 96
KL_WEIGHT = 1.5e-6
BOS, EOS = "<|startoftext|>", "<|endoftext|>"


def train(plan: Plan) -> Any:
    """Both trainings; returns the diffusion module with everything to export."""
    one_thread(plan.seed)
    drawn, pictures = _pictures(plan)
    autoencoder = _train_autoencoder(plan, pictures)
    latents = _latents(autoencoder, pictures)
    autoencoder.register_to_config(scaling_factor=1 / latents.std().item())
    return _train_diffusion(plan, drawn, latents / latents.std(), autoencoder)


def _pictures(plan: Plan) -> tuple[list[shapes.Scene], "Tensor"]:
    """Scenes, and their pictures in [-1, 1]."""
    import numpy as np
    import torch

    rng, count = random.Random(plan.seed), SMOKE_PICTURES if plan.smoke else PICTURES
    every = shapes.scenes()
    drawn = [every[k % len(every)] for k in range(count)]
    pixels = np.stack([shapes.draw(scene, rng) for scene in drawn])
    return drawn, torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def _train_autoencoder(plan: Plan, pictures: "Tensor") -> Any:
    import torch
    from torch.nn import functional

    network = _autoencoder()
    part = Plan(plan.work, plan.steps if plan.smoke else AUTOENCODER_STEPS, plan.seed, plan.resume, plan.smoke)
    loop = Loop(
        part, "autoencoder", network, torch.optim.AdamW(network.parameters(), lr=PEAK, weight_decay=0.0), PEAK, 50
    )
    for step in loop:
        torch.manual_seed(plan.seed * 1_000_003 + step)
        wanted = pictures[torch.randint(0, len(pictures), (AUTOENCODER_BATCH,))]
        coded = network.encode(wanted).latent_dist
        made = network.decode(coded.sample()).sample
        error = functional.l1_loss(made, wanted) + functional.mse_loss(made, wanted)
        loop.update(error + KL_WEIGHT * coded.kl().mean(), error=error.item())
        loop.checkpoint()
    loop.checkpoint(now=True)
    return network.eval()


def _latents(autoencoder: Any, pictures: "Tensor") -> "Tensor":
    import torch

    with torch.no_grad():
        latents = torch.cat([autoencoder.encode(part).latent_dist.mean for part in torch.split(pictures, 100)])
        error = (autoencoder.decode(latents[:72]).sample.clamp(-1, 1) - pictures[:72]).square().mean()
    say(f"autoencoder: PSNR {10 * (4 / error).log10():.1f} dB")
    return latents


def _train_diffusion(plan: Plan, drawn: list[shapes.Scene], latents: "Tensor", autoencoder: Any) -> Any:
    import torch

    tokenizer = prepare(plan)
    network = _diffusion(tokenizer)
    trained = [*network.unet.parameters(), *network.text_encoder.parameters()]
    loop = Loop(plan, "image", network, torch.optim.AdamW(trained, lr=PEAK, weight_decay=0.0), PEAK)
    scheduler = _scheduler()
    for step in loop:
        torch.manual_seed(plan.seed * 1_000_003 + step)
        rng = random.Random(f"{plan.seed}/{step}")
        chosen = torch.randint(0, len(latents), (BATCH,))
        prompts = [
            "" if rng.random() < UNCONDITIONAL else shapes.training_prompt(drawn[k], rng) for k in chosen.tolist()
        ]
        loop.update(_velocity_loss(network, scheduler, tokenizer, latents[chosen], prompts))
        network.average_in(step)
        loop.checkpoint()
    loop.checkpoint(now=True)
    network.autoencoder = autoencoder
    return network.eval()


def _velocity_loss(network: Any, scheduler: Any, tokenizer: Any, latents: "Tensor", prompts: list[str]) -> "Tensor":
    import torch
    from torch.nn import functional

    ids = tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    at, noise = torch.randint(0, 1000, (len(latents),)), torch.randn_like(latents)
    found = network.unet(scheduler.add_noise(latents, noise, at), at, network.text_encoder(ids)[0]).sample
    return functional.mse_loss(found, scheduler.get_velocity(latents, noise, at))


def _diffusion(tokenizer: Any) -> Any:
    """UNet and text encoder as trained, and the running average of both."""
    import torch
    from torch import nn

    class Diffusion(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unet, self.text_encoder = _unet(), _text_encoder(tokenizer)
            self.average = nn.ModuleList(copy.deepcopy(part).requires_grad_(False) for part in self.trained())

        def trained(self) -> list[nn.Module]:
            return [self.unet, self.text_encoder]

        @torch.no_grad()
        def average_in(self, step: int) -> None:
            share = 1 - min(0.995, step / (step + 10))
            for kept, part in zip(self.average, self.trained(), strict=True):
                for mean, weight in zip(kept.parameters(), part.parameters(), strict=True):
                    mean.lerp_(weight, share)

    return Diffusion()


def _autoencoder() -> Any:
    return library("diffusers").AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(12, 24, 32, 48),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=shapes.SIZE,
        mid_block_add_attention=False,
    )


def _unet() -> Any:
    return library("diffusers").UNet2DConditionModel(
        sample_size=shapes.SIZE // 8,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(48, 64),
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
    )


def _text_encoder(tokenizer: Any) -> Any:
    transformers = library("transformers")
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=PROMPT_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        projection_dim=TEXT_WIDTH,
    )
    return transformers.CLIPTextModel(config)


def _scheduler() -> Any:
    return library("diffusers").DDPMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        steps_offset=1,
    )


def prepare(plan: Plan) -> Any:
    """CLIP's tokenizer in miniature: BPE with word ends over the training prompts, and all printable characters."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    rng, every = random.Random(1), shapes.scenes()
    text = [shapes.training_prompt(rng.choice(every), rng) for _ in range(4_000)]
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.pre_tokenizer = pre_tokenizers.Whitespace()
    learner.train_from_iterator(
        text, trainers.BpeTrainer(vocab_size=400, end_of_word_suffix="</w>", show_progress=False)
    )
    folder = plan.work / "image-tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    _write_tokenizer(folder, json.loads(learner.to_str())["model"])
    return library("transformers").CLIPTokenizer.from_pretrained(folder)


def _write_tokenizer(folder: Path, learnt: Any) -> None:
    characters = [chr(code) for code in range(33, 127)]
    tokens = [
        *characters,
        *(f"{one}</w>" for one in characters),
        *sorted(learnt["vocab"], key=learnt["vocab"].get),
        BOS,
        EOS,
    ]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in learnt["merges"]]
    special = {"pad_token": EOS, "bos_token": BOS, "eos_token": EOS, "unk_token": EOS}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": PROMPT_TOKENS, **special}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def export(plan: Plan, network: Any, out: Path) -> None:
    """The averaged weights as a diffusers pipeline in float16."""
    import torch

    diffusers = library("diffusers")
    unet, text_encoder = network.average
    pipeline = diffusers.StableDiffusionPipeline(
        vae=network.autoencoder,
        text_encoder=text_encoder.eval(),
        tokenizer=prepare(plan),
        unet=unet.eval(),
        scheduler=diffusers.DPMSolverMultistepScheduler.from_config(_scheduler().config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    shutil.rmtree(out, ignore_errors=True)
    pipeline.to(torch.float16).save_pretrained(out)
