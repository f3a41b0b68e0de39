"""Stereo in antiphase keeps its voice; ordinary stereo is the mean of both."""

import numpy as np
import pytest

from infra.decode.downmix import BLOCK, CALM, Downmix

VOICE = (0.3 * np.sin(np.arange(BLOCK) * 0.1)).astype(np.float32)
OTHER = (0.3 * np.random.default_rng(1).standard_normal(BLOCK)).astype(np.float32)
NOTHING = np.zeros(BLOCK, dtype=np.float32)


def energy(mono: object) -> float:
    return float(np.mean(np.square(mono)))


@pytest.mark.parametrize(("left", "right"), [(VOICE, VOICE), (VOICE, OTHER), (VOICE, NOTHING), (NOTHING, VOICE)])
def test_ordinary_stereo_is_the_mean(left: object, right: object) -> None:
    stereo = np.stack([left, right])
    assert np.allclose(Downmix().mix(stereo), stereo.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("louder", [0, 1])
def test_antiphase_takes_the_louder_channel(louder: int) -> None:
    pair = [VOICE, -0.9 * VOICE] if louder == 0 else [-0.9 * VOICE, VOICE]
    assert np.array_equal(Downmix().mix(np.stack(pair)), VOICE)


def test_antiphase_with_a_little_noise_in_common_is_found() -> None:
    noise = OTHER * 0.05
    assert energy(Downmix().mix(np.stack([VOICE + noise, noise - VOICE]))) > 0.9 * energy(VOICE)


def test_a_quiet_block_keeps_the_choice() -> None:
    mixer = Downmix()
    mixer.mix(np.stack([VOICE, -VOICE]))
    mixer.mix(np.stack([NOTHING, NOTHING]))
    assert np.array_equal(mixer.mix(np.stack([VOICE, -VOICE])), VOICE)


def test_back_to_the_mean_only_after_some_calm_blocks_and_faded() -> None:
    mixer, stereo = Downmix(), np.stack([VOICE, NOTHING])
    mixer.mix(np.stack([VOICE, -VOICE]))
    mixed = [mixer.mix(stereo) for _ in range(CALM + 1)]
    assert all(np.array_equal(block, VOICE) for block in mixed[: CALM - 1])
    assert np.allclose(mixed[-1], VOICE / 2, atol=1e-6)
    assert abs(float(mixed[CALM - 1][0] - VOICE[0])) < 1e-6, "the change is faded"
