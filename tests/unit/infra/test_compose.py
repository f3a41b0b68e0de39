"""docker-compose.yml says what infra/local says: the same broker, store, versions, names, for people with Docker."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local import kafka, minio
from infra.settings import PREFIX, Settings, read
from processors.stage import discover
from streams.findings.configuration import leaves
from tests.needs import tool

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {
    name: service
    for name, service in SERVICES.items()
    if "chalkstream" in service.get("image", "") and "infra/compose/Dockerfile" in str(service.get("build"))
}


def plain(value: str) -> str:
    """A value with the defaults of its variables."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)


def stage_of(service: dict[str, Any]) -> str | None:
    """The stage that a service works for."""
    command = service.get("command", [])
    return command[1] if command[:1] == ["worker"] else None


@pytest.mark.parametrize("setting", kafka.BROKER)
def test_the_broker_has_each_setting_of_the_local_one(setting: str) -> None:
    variable = "KAFKA_" + setting.upper().replace(".", "_")
    assert SERVICES["kafka"]["environment"][variable] == kafka.BROKER[setting]


def test_the_programs_are_the_same_versions() -> None:
    assert SERVICES["kafka"]["image"].endswith(f":{kafka.VERSION}")
    assert SERVICES["minio"]["build"]["args"]["MINIO_RELEASE"] == minio.RELEASE
    assert f"ARG MINIO_RELEASE={minio.RELEASE}" in (ROOT / "infra/compose/minio.Dockerfile").read_text()


@pytest.mark.parametrize("variable", minio.SERVER)
def test_the_store_has_each_setting_of_the_local_one(variable: str) -> None:
    assert SERVICES["minio"]["environment"][variable] == minio.SERVER[variable]


def test_the_store_tells_the_broker_and_keeps_its_queue() -> None:
    store = SERVICES["minio"]
    broker = SERVICES["accept"]["environment"]["CHALKSTREAM_KAFKA__BOOTSTRAP"]
    for target in minio.TARGETS:
        assert store["environment"][f"MINIO_NOTIFY_KAFKA_BROKERS_{target}"] == broker
    queue = store["environment"]["MINIO_NOTIFY_KAFKA_QUEUE_DIR_PRIMARY"]
    assert any(volume.endswith(f":{queue}") for volume in store["volumes"])


def test_every_stage_has_a_service_and_every_service_a_stage() -> None:
    served = {stage for service in SERVICES.values() if (stage := stage_of(service))}
    assert {stage.name for stage in discover()} <= served
    assert all(
        name.removesuffix("-gpu") == stage_of(service) for name, service in SERVICES.items() if stage_of(service)
    )


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_given_settings_that_exist(name: str, tmp_path: Path) -> None:
    environment = {key: plain(value) for key, value in OURS[name]["environment"].items() if value is not None}
    secrets = {key for key, value in environment.items() if value.startswith("/run/secrets/")}
    for key in secrets:
        (tmp_path / key).write_text("secret\n")
        assert Path(environment[key]).name in OURS[name]["secrets"]
        environment[key] = str(tmp_path / key)
    settings = read(environment)
    assert len(secrets) == 2
    assert settings.kafka.bootstrap in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert settings.store.secret_key is not None


def test_every_setting_of_ours_is_within_reach_and_no_other() -> None:
    """Those of broker and store are the system's own, the gateway listens where Compose says, the state is a volume."""
    known = {(*path,) for path, _ in leaves(Settings.model_construct()) if path[0] not in ("kafka", "store")}
    wanted = {PREFIX + "__".join(path).upper() for path in known} - {
        "CHALKSTREAM_STATE", "CHALKSTREAM_GATEWAY__HOST", "CHALKSTREAM_GATEWAY__PORT",
    }  # fmt: skip
    given = {name for name in SERVICES["gateway"]["environment"] if name.startswith(PREFIX)}
    assert {name for name in given if not re.search("_(KAFKA|STORE)__", name)} == wanted
    text = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(CHALKSTREAM_\w+)", text)) <= wanted, "names of Compose's own begin with STACK_"


def test_what_is_published_is_where_the_documents_say() -> None:
    ports = [plain(port) for name in ("kafka", "minio", "gateway") for port in SERVICES[name]["ports"]]
    assert [port.split(":")[1] for port in ports] == ["9092", "9000", "8000"]
    advertised = plain(SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"])
    assert f"HOST://{ports[0].rpartition(':')[0]}" in advertised
    assert SERVICES["gateway"]["command"][-1] == ports[2].rpartition(":")[2]


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_confined_and_limited(name: str) -> None:
    service = OURS[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert (name in ("init", "reconcile")) != bool(service.get("healthcheck", {}).get("test"))


def test_uploads_that_the_store_told_nobody_of_are_looked_for() -> None:
    service = SERVICES["reconcile"]
    assert service["command"][:2] == ["reconcile", "--every"]
    assert 0 < float(service["command"][2]) <= 60
    assert service["restart"] == "unless-stopped"
    assert service["depends_on"]["init"]["condition"] == "service_completed_successfully"
    assert not service.get("profiles")


def test_stages_can_be_scaled() -> None:
    for name, service in SERVICES.items():
        if stage_of(service):
            assert "ports" not in service, name
            assert "container_name" not in service, name


def test_everything_published_is_on_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_is_in_an_environment() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD|SECRET", key) or key.endswith("_FILE"), (name, key, value)


def test_gpu_and_observation_are_asked_for() -> None:
    profiles = {name: service.get("profiles", []) for name, service in SERVICES.items()}
    assert {profile for each in profiles.values() for profile in each} == {"gpu", "observe"}
    for name, service in SERVICES.items():
        devices = service.get("deploy", {}).get("resources", {}).get("reservations", {}).get("devices", [])
        assert bool(devices) == (profiles[name] == ["gpu"]), name


def test_mounted_files_and_build_files_exist() -> None:
    for service in SERVICES.values():
        mounted = [volume.split(":")[0] for volume in service.get("volumes", []) if volume.startswith("./")]
        build = service.get("build")
        files = [*mounted, *([f"{build['context']}/{build['dockerfile']}"] if build else [])]
        assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("profiles", [[], ["gpu"], ["observe"]])
def test_docker_compose_accepts_it(profiles: list[str], tmp_path: Path) -> None:
    chosen = [word for profile in profiles for word in ("--profile", profile)]
    environment = {**os.environ, "STACK_SECRETS": str(tmp_path)}
    words = [tool("docker-compose"), *chosen, "config", "--quiet"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
