"""Broker and store behind TLS with an authority of one's own: the whole chain by way of it, and no way past it."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import daemon, kafka, minio, provision
from infra.local import services as local
from infra.local.memory import Memory, fresh
from infra.local.ports import HOST, free_port
from schemas.topics import TOPICS
from tests.connected.conftest import require_tools, say, working
from tests.connected.site import Site, clip

pytestmark = pytest.mark.slow


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and the certificate that it signs for itself, for loopback alone."""
    key, made = folder / "private.key", folder / "public.crt"
    words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=chalkstream test"]
    names = ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(made)]
    subprocess.run(["openssl", "req", *words, *names], check=True, capture_output=True)
    return key, made


def broker(programs: provision.Programs, memory: Memory, home: Path, port: int, store: Path) -> daemon.Service:
    """Ours with one more listener; of properties said twice the later ones hold."""
    plain = kafka.service(programs.java, programs.jars, memory, home)
    where = {"PLAIN": memory.address("kafka"), "TLS": f"{HOST}:{port}"}
    told = {name: f"{name}://{address}" for name, address in where.items()}
    more = {
        "listeners": f"{told['PLAIN']},{told['TLS']},CONTROLLER://{HOST}:{memory.controller_port}",
        "advertised.listeners": ",".join(told.values()),
        "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL",
        "ssl.keystore.type": "PEM", "ssl.keystore.location": str(store),
    }  # fmt: skip
    text = plain.files["server.properties"] + "".join(f"{name}={value}\n" for name, value in more.items())
    return replace(plain, files={**plain.files, "server.properties": text})


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation whose broker and store speak TLS, and the settings that reach it."""
    require_tools()
    folder, port = tmp_path_factory.mktemp("tls"), free_port()
    (folder / "certs").mkdir()
    key, made = certificate(folder / "certs")
    (folder / "keystore.pem").write_text(key.read_text() + made.read_text())
    ports = {"kafka_port": free_port(), "controller_port": free_port(), "minio_port": free_port()}
    memory, programs = replace(fresh(), **ports), provision.programs(local.default_cache(), say)
    store = minio.service(programs.minio, memory, folder / "minio")
    store = replace(
        store,
        command=(*store.command, "--certs-dir", str(folder / "certs")),
        answers=lambda: _listens(memory.minio_port),
    )
    try:
        daemon.ensure(broker(programs, memory, folder / "kafka", port, folder / "keystore.pem"))
        daemon.ensure(store)
        at = replace(memory.endpoints(), endpoint=f"https://{HOST}:{memory.minio_port}", bootstrap=f"{HOST}:{port}")
        secure = {
            "CHALKSTREAM_KAFKA__SECURITY": "SSL", "CHALKSTREAM_KAFKA__CA_FILE": str(made),
            "CHALKSTREAM_STORE__CA_FILE": str(made), "CHALKSTREAM_STATE": str(folder / "state"),
        }  # fmt: skip
        (folder / "state").mkdir()
        yield Site(at, {**at.settings(), **secure})
    finally:
        daemon.halt(folder / "kafka")
        daemon.halt(folder / "minio")


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as link:
        return link.connect_ex((HOST, port)) == 0


def test_the_whole_chain_works_by_way_of_tls(locked: Site, tmp_path: Path) -> None:
    made = locked.command("init")
    assert (made.code, "notification of uploads" in made.out) == (0, True), made.err
    (tmp_path / "a.wav").write_bytes(clip(40))
    with working(locked):
        done = locked.command("submit", tmp_path / "a.wav", "--to", "fr", "--wait", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    found = locked.command("doctor")
    assert found.code == 0, found.out
    assert f"{len(TOPICS)} topics are there" in found.out and "all buckets are there" in found.out


@pytest.mark.parametrize(
    "changed",
    [
        {"CHALKSTREAM_STORE__CA_FILE": ""},
        {"CHALKSTREAM_KAFKA__CA_FILE": ""},
        {"CHALKSTREAM_KAFKA__SECURITY": "PLAINTEXT"},
    ],
)
def test_an_authority_that_is_not_known_is_one_line_and_found_by_the_doctor(
    locked: Site, changed: dict[str, str]
) -> None:
    refused = locked.command("init", **changed)
    assert (refused.code, len(refused.error_lines), "Traceback" in refused.err) == (1, 1, False), refused.err
    assert locked.command("doctor", **changed).code == 1
