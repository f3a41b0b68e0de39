"""The gateway on one machine, by clients that others wrote: tus through a restart, and OpenAI's own."""

from pathlib import Path

import pytest
from tusclient.client import TusClient

from tests.commands import LECTURE
from tests.connected.gateway import client, ended, serving
from tests.official import try_official_client

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
    with serving({"CHALKSTREAM_STATE": str(tmp_path)}, "--local") as base:
        try_official_client(base)
