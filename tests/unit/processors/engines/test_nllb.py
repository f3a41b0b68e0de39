"""How a call's sentences are cut into batches."""

import pytest

from processors.engines.nllb import BATCH_TOKENS, batch_tokens


@pytest.mark.parametrize(
    ("lengths", "instances", "wanted"),
    [([20] * 40, 1, 800), ([20] * 40, 2, 400), ([20] * 1_000, 2, BATCH_TOKENS), ([500, 10], 4, 500), ([], 2, 1)],
)
def test_sentences_are_spread_over_the_instances(lengths: list[int], instances: int, wanted: int) -> None:
    assert batch_tokens(lengths, instances) == wanted
