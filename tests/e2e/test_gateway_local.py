"""The gateway on one machine, by clients that others wrote: tus through a restart, and OpenAI's own."""

from pathlib import Path

import openai
import pytest
from tusclient.client import TusClient

from tests.commands import LECTURE
from tests.connected.gateway import address, client, ended, serving

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_a_resumable_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    settings = {"CHALKSTREAM_STATE": str(tmp_path)}
    with serving(settings, "--local") as base:
        wishes = {"filename": "resumed.mp4", "targets": "fr"}
        first = TusClient(f"{base}/v1/uploads").uploader(str(LECTURE), chunk_size=200_000, metadata=wishes)
        first.upload_chunk()
        where = str(first.url).removeprefix(base)
    with serving(settings, "--local") as base, client(base) as at:
        second = TusClient(f"{base}/v1/uploads").uploader(str(LECTURE), chunk_size=150_000, url=base + where)
        assert second.offset == 200_000
        second.upload()
        job = at.head(where, headers={"Tus-Resumable": "1.0.0"}).headers["chalkstream-job"]
        assert ended(at, job)["state"] == "done"
        assert at.get(f"/v1/jobs/{job}/media").content == LECTURE.read_bytes()


def test_the_official_client_gets_text_files_and_talk(tmp_path: Path) -> None:
    with serving({"CHALKSTREAM_STATE": str(tmp_path)}, "--local") as base, client(base) as at:
        ours = openai.OpenAI(base_url=f"{address(at)}/v1", api_key="none", max_retries=0)
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
