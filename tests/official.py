"""OpenAI's own client at a gateway of ours, before a cluster or on one machine: what it does with our routes works."""

import openai
import pytest

from tests.commands import LECTURE


def try_official_client(base: str) -> None:
    """Models, speech to text in its forms, talk streamed and whole, errors as its own exceptions."""
    with openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as ours:
        assert {each.id.rpartition("/")[2] for each in ours.models.list()} >= {"asr", "chat"}
        with LECTURE.open("rb") as file:
            said = ours.audio.transcriptions.create(model="whisper-1", file=file)
        assert said.text.startswith("Today we will describe the matrix.")
        with LECTURE.open("rb") as file:
            heard = list(ours.audio.transcriptions.create(model="whisper-1", file=file, stream=True))
        assert "".join(each.delta for each in heard if each.type == "transcript.text.delta") == said.text
        with LECTURE.open("rb") as file:
            assert "-->" in str(ours.audio.transcriptions.create(model="whisper-1", file=file, response_format="vtt"))
        ask = [{"role": "user", "content": "What is a proof?"}]
        whole = ours.chat.completions.create(model="default", messages=ask)  # type: ignore[call-overload]
        parts = ours.chat.completions.create(model="default", messages=ask, stream=True)  # type: ignore[call-overload]
        assert "".join(each.choices[0].delta.content or "" for each in parts) == whole.choices[0].message.content
        with pytest.raises(openai.NotFoundError):
            ours.chat.completions.create(model="nobody", messages=ask)  # type: ignore[call-overload]
        with pytest.raises(openai.BadRequestError):
            ours.audio.transcriptions.create(model="whisper-1", file=("a.txt", b"no media at all" * 100))
