"""tus: whatever happens on the line, what was told to stand stands, once, and nobody else sees it."""

import base64
import hashlib

import pytest
from starlette.testclient import TestClient

from infra.pieces import PIECE
from streams.gateway.tus import checksum_in, metadata_in
from tests.unit.streams.gateway import kit

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def encoded(**told: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())


def begun(client: TestClient, size: int, **told: str) -> str:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": encoded(**told)}
    answer = client.post("/v1/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def at(client: TestClient, where: str) -> int:
    return int(client.head(where, headers=TUS).headers["upload-offset"])


@pytest.mark.parametrize("step", [1_000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_pieces_of_any_size_become_the_file(step: int) -> None:
    made = kit.site()
    data = bytes(range(256)) * (2 * PIECE // 256) + b"the end" if step > 1_000 else bytes(range(256)) * 20
    with kit.client(made) as client:
        where, last = begun(client, len(data), filename="talk.mp4", targets="fr"), None
        for start in range(0, len(data), step):
            chunk = data[start : start + step]
            last = client.patch(where, content=chunk, headers={**BYTES, "Upload-Offset": str(start)})
            assert (last.status_code, last.headers["upload-offset"]) == (204, str(start + len(chunk)))
        assert last is not None
        job = last.headers["chalkstream-job"]
        assert client.head(where, headers=TUS).headers["chalkstream-job"] == job
        again = client.patch(where, content=b"", headers={**BYTES, "Upload-Offset": str(len(data))})
        assert (again.status_code, again.headers["chalkstream-job"]) == (204, job)
        assert client.get(f"/v1/jobs/{job}").json()["languages"] == {"fr": "waiting"}
    (stored,) = kit.backend(made).begun
    assert kit.backend(made).pieces.whole_ones[stored.key] == data
    assert stored.metadata == {"targets": "fr"}


def test_another_gateway_goes_on() -> None:
    made = kit.site()
    other = kit.site()
    other.state, other.backend, other.open = made.state, made.backend, made.open
    with kit.client(made) as one, kit.client(other) as two:
        where = begun(one, 10)
        one.patch(where, content=b"01234", headers={**BYTES, "Upload-Offset": "0"})
        assert at(two, where) == 5
        assert "chalkstream-job" in two.patch(where, content=b"56789", headers={**BYTES, "Upload-Offset": "5"}).headers
    assert list(kit.backend(made).pieces.whole_ones.values()) == [b"0123456789"]


def test_a_place_that_is_not_the_end_is_a_conflict_and_changes_nothing() -> None:
    with kit.client(kit.site()) as client:
        where = begun(client, 10)
        for offset in ("3", "10"):
            assert client.patch(where, content=b"x", headers={**BYTES, "Upload-Offset": offset}).status_code == 409
        assert at(client, where) == 0


def test_more_than_was_announced_is_refused_and_nothing_of_it_stands() -> None:
    with kit.client(kit.site()) as client:
        where = begun(client, 3)
        assert client.patch(where, content=b"12345", headers={**BYTES, "Upload-Offset": "0"}).status_code == 413
        assert at(client, where) == 0
        assert client.patch(where, content=b"123", headers={**BYTES, "Upload-Offset": "0"}).status_code == 204


@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
def test_a_wrong_checksum_counts_for_nothing_and_a_right_one_does(name: str) -> None:
    made, data = kit.site(), b"x" * (PIECE + 5)
    with kit.client(made) as client:
        where = begun(client, len(data))
        right = base64.b64encode(hashlib.new(name, data).digest()).decode()
        wrong = base64.b64encode(hashlib.new(name, b"other").digest()).decode()
        headers = {**BYTES, "Upload-Offset": "0"}
        assert (
            client.patch(where, content=data, headers={**headers, "Upload-Checksum": f"{name} {wrong}"}).status_code
            == 460
        )
        assert at(client, where) == 0
        told = client.patch(where, content=data, headers={**headers, "Upload-Checksum": f"{name} {right}"})
        assert (told.status_code, "chalkstream-job" in told.headers) == (204, True)
    assert list(kit.backend(made).pieces.whole_ones.values()) == [data]


def test_an_upload_ends_on_request_and_with_its_time() -> None:
    made = kit.site()
    with kit.client(made) as client:
        where = begun(client, 10)
        client.patch(where, content=b"123", headers={**BYTES, "Upload-Offset": "0"})
        assert client.delete(where, headers=TUS).status_code == 204
        assert client.head(where, headers=TUS).status_code == 404
    assert list(made.state.names("tus/")) == []
    assert kit.backend(made).pieces.open == {}


def test_another_tenant_s_upload_is_not_there() -> None:
    made = kit.site(keys=True, TENANTS='{"lab": {}}')
    with kit.client(made, kit.key(made)) as one, kit.client(made, kit.key(made, "lab")) as two:
        where = begun(one, 10)
        assert two.head(where, headers=TUS).status_code == 404
        assert two.patch(where, content=b"x", headers={**BYTES, "Upload-Offset": "0"}).status_code == 404
        assert two.delete(where, headers=TUS).status_code == 404
        assert at(one, where) == 0


def test_what_is_not_spoken_here_is_said() -> None:
    with kit.client(kit.site()) as client:
        told = client.options("/v1/uploads")
        assert (told.status_code, told.headers["tus-version"]) == (204, "1.0.0")
        assert "checksum" in told.headers["tus-extension"]
        assert client.post("/v1/uploads", headers={"Upload-Length": "5"}).status_code == 412
        assert client.post("/v1/uploads", headers={**TUS, "Upload-Length": "-5"}).status_code == 400
        assert client.post("/v1/uploads", headers=TUS).status_code == 400
        where = begun(client, 5)
        assert client.patch(where, content=b"x", headers={**TUS, "Upload-Offset": "0"}).status_code == 415
        wishes = {**TUS, "Upload-Length": "5", "Upload-Metadata": encoded(targets="xx")}
        assert client.post("/v1/uploads", headers=wishes).json()["code"] == "unknown_language"


@pytest.mark.parametrize("header", ["filename %%%", "filename /w==,targets 8J+"])
def test_metadata_that_can_t_be_read_is_refused(header: str) -> None:
    with kit.client(kit.site()) as client:
        told = client.post("/v1/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": header})
    assert (told.status_code, told.json()["code"]) == (400, "invalid_request")


def test_metadata_and_checksums_are_read() -> None:
    assert metadata_in("filename dGFsay5tcDQ=,is_public ,targets ZnI=") == {
        "filename": "talk.mp4", "is_public": "", "targets": "fr",
    }  # fmt: skip
    assert checksum_in("sha1 " + base64.b64encode(b"x" * 20).decode()) == ("sha1", b"x" * 20)
