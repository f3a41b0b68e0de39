"""`models fetch` against a hub on loopback: what comes is what was announced, pinned, whole, and really loads."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from infra.models import fetch
from infra.models import installed as models
from infra.models.bring import Order
from infra.models.hub import Hub
from infra.settings import Settings
from schemas.errors import BadInput, BadSettings, ChalkstreamError, Unavailable
from schemas.pack import Pack, PackFacts, PackModel
from streams import bootstrap
from tests.hub import Files, HubServer, folder_files, running

DEMO = models.BUILT_IN / "demo"
SAMPLE = Path("demo/sample")
SPEECH, WORDS = "project/whisper-demo", "project/nllb-demo"


class Counting:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.total = self.here = 0

    def start(self, orders: list[Order]) -> None:
        self.total = sum(order.size for order in orders)

    def file(self, label: str) -> None:
        self.files.append(label)

    def seen(self, more: int) -> None:
        self.here += more


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with running() as server:
        server.add(SPEECH, {**folder_files(DEMO / "asr"), "README.md": b"# a card", ".gitattributes": b"*.bin lfs"})
        server.add(WORDS, folder_files(DEMO / "mt"), licence="cc-by-nc-4.0")
        yield server


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token of whoever runs the tests goes to the server of the tests."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def pack(**kinds: PackModel) -> Pack:
    return Pack(pack=PackFacts(name="mine")).model_copy(update=kinds)


def speech(**facts: object) -> PackModel:
    given = {
        "engine": "faster-whisper",
        "hub": SPEECH,
        "follow": "main",
        "licence": "MIT",
        "chunk_seconds": 10,
        **facts,
    }
    return PackModel.model_validate(given)


def get(hub: HubServer, packs: Path, wanted: Pack, *, commercial: bool = False) -> models.Installed:
    return fetch.fetch("mine", wanted, packs, Hub(hub.endpoint), commercial=commercial, watcher=Counting())


def refused(hub: HubServer, packs: Path, wanted: Pack, *, commercial: bool = False) -> ChalkstreamError:
    """The error; and that nothing is taken for a pack, which is what matters to who comes next."""
    with pytest.raises(ChalkstreamError) as caught:
        get(hub, packs, wanted, commercial=commercial)
    assert not (packs / "mine").exists()
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return caught.value


def test_a_branch_is_pinned_to_its_commit_and_every_file_to_its_hash(hub: HubServer, tmp_path: Path) -> None:
    got = get(hub, tmp_path, pack(asr=speech()))
    commit = hub.repositories[SPEECH].branches["main"]
    written = tomllib.loads((tmp_path / "mine/pack.toml").read_text())["asr"]
    assert written["revision"] == commit
    assert written["files"].keys() == folder_files(DEMO / "asr").keys()
    assert written["files"] == models.at(DEMO).need("asr").files
    assert written["languages"] == ["de", "en", "es", "fr"]
    models.check(got, "asr", thorough=True)


def test_the_bytes_come_from_the_commit_even_when_the_branch_moves(hub: HubServer, tmp_path: Path) -> None:
    old = get(hub, tmp_path, pack(asr=speech())).need("asr")
    repository = hub.repositories[SPEECH]
    repository.commit({**repository.commits[old.revision], "tokenizer.json": b'{"added_tokens": "<|it|>"}'})
    assert get(hub, tmp_path, models.at(tmp_path / "mine").pack).need("asr").files == old.files
    new = get(hub, tmp_path, fetch.unpinned(models.at(tmp_path / "mine").pack)).need("asr")
    assert new.revision == repository.branches["main"] != old.revision
    assert new.files["tokenizer.json"] != old.files["tokenizer.json"]


def test_other_branches_and_tags_can_be_named(hub: HubServer, tmp_path: Path) -> None:
    repository = hub.repositories[SPEECH]
    tagged = repository.commit({**folder_files(DEMO / "asr"), "config.json": b"{}"}, branch="v1.0")
    assert get(hub, tmp_path, pack(asr=speech(follow="v1.0"))).need("asr").revision == tagged


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: HubServer, tmp_path: Path) -> None:
    hub.repositories[SPEECH].breaks["model.bin"] = [700_000]
    models.check(get(hub, tmp_path, pack(asr=speech())), "asr", thorough=True)
    assert [ranged for ranged in hub.asked("model.bin") if ranged] == ["bytes=700000-"] * 2


def test_a_download_that_was_given_up_goes_on_in_the_next_run(hub: HubServer, tmp_path: Path) -> None:
    hub.repositories[SPEECH].breaks["model.bin"] = [700_000, -1]
    assert isinstance(refused(hub, tmp_path, pack(asr=speech())), Unavailable)
    hub.requests.clear()
    models.check(get(hub, tmp_path, pack(asr=speech())), "asr", thorough=True)
    assert set(hub.asked("model.bin")) == {"bytes=700000-"}
    assert not hub.asked("tokenizer.json")


def test_a_server_without_ranges_starts_the_file_again(hub: HubServer, tmp_path: Path) -> None:
    hub.repositories[SPEECH].breaks["model.bin"] = [700_000]
    hub.repositories[SPEECH].ranges = False
    counting = Counting()
    got = fetch.fetch("mine", pack(asr=speech()), tmp_path, Hub(hub.endpoint), commercial=False, watcher=counting)
    models.check(got, "asr", thorough=True)
    assert counting.here == counting.total


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_other_bytes_than_announced_are_refused_and_thrown_away(hub: HubServer, tmp_path: Path, name: str) -> None:
    right = folder_files(DEMO / "asr")[name]
    hub.repositories[SPEECH].served[name] = right[:-2] + (b"}}" if name == "config.json" else b"!!")
    assert "hash" in str(refused(hub, tmp_path, pack(asr=speech()))) or name == "config.json"
    hub.repositories[SPEECH].served.clear()
    models.check(get(hub, tmp_path, pack(asr=speech())), "asr", thorough=True)


def test_a_hash_that_the_pack_names_is_stronger_than_the_hub(hub: HubServer, tmp_path: Path) -> None:
    error = refused(hub, tmp_path, pack(asr=speech(files={"model.bin": "0" * 64})))
    assert isinstance(error, Unavailable)
    assert "model.bin" in str(error)


def test_repair_loads_only_what_is_broken(hub: HubServer, tmp_path: Path) -> None:
    got = get(hub, tmp_path, pack(asr=speech()))
    (tmp_path / "mine/asr/tokenizer.json").write_text("{}")
    hub.requests.clear()
    models.check(get(hub, tmp_path, got.pack), "asr", thorough=True)
    assert not hub.asked("model.bin")
    assert hub.asked("tokenizer.json")


@pytest.mark.parametrize(
    ("wanted", "code", "tells"),
    [
        (speech(hub="nobody/nothing"), "not_found", "nobody/nothing"),
        (speech(follow="gone"), "not_found", "gone"),
        (speech(follow="", revision="0" * 40), "not_found", "0" * 40),
        (speech(hub="project/private"), "not_found", "project/private"),
        (speech(hub="project/gated"), "licence_refused", "terms"),
        (speech(hub="no owner"), "invalid_request", "owner/name"),
    ],
)
def test_what_is_not_there_for_us(hub: HubServer, tmp_path: Path, wanted: PackModel, code: str, tells: str) -> None:
    hub.add("project/private", folder_files(DEMO / "asr"), private=True)
    hub.add("project/gated", folder_files(DEMO / "asr"), gated=True)
    error = refused(hub, tmp_path, pack(asr=wanted))
    assert error.code == code
    assert tells in str(error)


def test_the_token_opens_what_is_gated(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("project/gated", folder_files(DEMO / "asr"), gated=True)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    models.check(get(hub, tmp_path, pack(asr=speech(hub="project/gated"))), "asr", thorough=True)


def test_no_hub_at_all(tmp_path: Path) -> None:
    error = refused(HubServer("http://127.0.0.1:9"), tmp_path, pack(asr=speech()))
    assert isinstance(error, Unavailable)
    assert "network" in error.remedy


def test_a_full_disk_leaves_nothing_that_looks_done(hub: HubServer, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    work = tmp_path / ".mine.fetch/asr"
    work.mkdir(parents=True)
    (work / ".commit").write_text(hub.repositories[SPEECH].branches["main"])
    (work / "model.bin.part").symlink_to("/dev/full")
    error = refused(hub, tmp_path, pack(asr=speech()))
    assert isinstance(error, Unavailable)
    assert "full" in str(error)


def test_a_folder_that_cannot_be_written(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refused(hub, tmp_path / "file", pack(asr=speech()))
    assert isinstance(error, BadSettings)


def test_more_than_fits_is_refused_before_a_byte(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=1_000_000))
    assert "GB" in str(refused(hub, tmp_path, pack(asr=speech())))
    assert not hub.asked("config.json")


def test_non_commercial_models_are_refused_by_name(hub: HubServer, tmp_path: Path) -> None:
    words = speech(engine="ctranslate2-nllb", hub=WORDS, licence="CC-BY-NC-4.0")
    error = refused(hub, tmp_path, pack(asr=speech(), mt=words), commercial=True)
    assert (error.code, "mine/mt" in str(error), "CC-BY-NC-4.0" in str(error)) == ("licence_refused", True, True)
    assert (
        refused(hub, tmp_path, pack(mt=words.model_copy(update={"licence": "MIT"})), commercial=True).code == error.code
    )
    got = get(hub, tmp_path, pack(mt=words))
    with pytest.raises(BadInput, match="licence_refused"):
        models.allow(got, commercial=True)


def sharded(*, lost: bool = False, **config: object) -> Files:
    """A chat model in two shards with an index, as transformers writes them."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [4000], "data_offsets": [0, 16000]}}).encode()
    shard = len(header).to_bytes(8, "little") + header + bytes(16_000)
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    files = dict.fromkeys(names[: 1 if lost else 2], shard)
    index = {"metadata": {"total_size": 32_000}, "weight_map": {"a": names[0], "b": names[1]}}
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    files["config.json"] = json.dumps({"architectures": ["LlamaForCausalLM"], **config}).encode()
    return files | {
        "tokenizer.json": b"{}",
        "pytorch_model.bin": bytes(20_000),
        "training_args.bin": b"x",
        "run.py": b"x",
    }


def chat(name: str = "project/chat") -> Pack:
    return pack(chat=PackModel(engine="transformers", hub=name, follow="main", licence="apache-2.0"))


def test_shards_come_all_and_pickles_and_code_never(hub: HubServer, tmp_path: Path) -> None:
    hub.add("project/chat", sharded())
    got = get(hub, tmp_path, chat())
    assert {name.split(".")[-1] for name in got.need("chat").files} == {"safetensors", "json"}
    assert len([name for name in got.need("chat").files if name.endswith(".safetensors")]) == 2


@pytest.mark.parametrize(
    ("files", "tells"),
    [
        (sharded(lost=True), "model-00002-of-00002.safetensors"),
        (sharded(auto_map={"AutoModel": "run.X"}), "auto_map"),
        (sharded(architectures=["WhisperForConditionalGeneration"]), "Whisper"),
        (
            {"config.json": b"{}", "tokenizer.json": b"{}", "pytorch_model.bin": bytes(20)},
            "pickles (pytorch_model.bin)",
        ),
        ({"config.json": b"{}", "tokenizer.json": b"{}", "../../x.safetensors": b"x"}, "safetensors"),
    ],
)
def test_what_would_run_code_or_is_not_whole(hub: HubServer, tmp_path: Path, files: Files, tells: str) -> None:
    hub.add("project/chat", files)
    error = refused(hub, tmp_path, chat())
    assert error.code == "unsupported_format"
    assert tells in str(error)


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.json", "model.bin", "config.json"])
def test_the_file_that_a_repository_lacks_is_named(hub: HubServer, tmp_path: Path, name: str) -> None:
    files = folder_files(DEMO / "asr")
    del files[name]
    hub.add(SPEECH, files)
    assert name in str(refused(hub, tmp_path, pack(asr=speech())))


def test_a_pickle_under_the_name_of_a_good_file(hub: HubServer, tmp_path: Path) -> None:
    hub.add(SPEECH, {**folder_files(DEMO / "asr"), "model.bin": b"PK\x03\x04" + bytes(20_000)})
    assert "CTranslate2" in str(refused(hub, tmp_path, pack(asr=speech())))


def test_from_finds_out_what_a_repository_is_for(hub: HubServer) -> None:
    made = fetch.wanted("mine", [SPEECH, f"{WORDS}@main"], Hub(hub.endpoint))
    assert made.asr and made.mt
    assert (made.asr.engine, made.mt.engine, made.mt.licence) == ("faster-whisper", "ctranslate2-nllb", "cc-by-nc-4.0")
    with pytest.raises(BadInput, match="conflict"):
        fetch.wanted("mine", [SPEECH, SPEECH], Hub(hub.endpoint))
    with pytest.raises(BadInput, match="no kind of model"):
        fetch.wanted("mine", [f"voice={SPEECH}"], Hub(hub.endpoint))


def chalkstream(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CHALKSTREAM_"))}
    command = [sys.executable, "-m", "streams", *words]
    return subprocess.run(command, env=own | environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_fetches_lists_and_checks(hub: HubServer, tmp_path: Path) -> None:
    where = {"HF_ENDPOINT": hub.endpoint, "CHALKSTREAM_STATE": str(tmp_path), "HF_HOME": str(tmp_path / "hf")}
    done = chalkstream("models", "fetch", "mine", "--from", SPEECH, "--from", WORDS, **where)
    assert (done.returncode, done.stdout.startswith("mine: fetched to ")) == (0, True), done.stderr
    assert "cc-by-nc-4.0" in done.stderr
    assert "mine" in chalkstream("models", "list", **where).stdout
    broken = tmp_path / "packs/mine/asr/model.bin"
    assert chalkstream("models", "check", "mine", **where).returncode == 0
    broken.write_bytes(broken.read_bytes()[:-1])
    checked = chalkstream("models", "check", "mine", **where)
    assert checked.returncode == 2
    assert str(broken) in checked.stdout
    assert "models fetch mine" in checked.stdout
    assert {path.split("/")[1] for _, path, _ in hub.requests} <= {"api", "project", "blobs"}
    assert not any("agent" in path for _, path, _ in hub.requests)
    assert chalkstream("models", "fetch", "mine", **where).returncode == 0
    assert chalkstream("models", "check", "mine", **where).returncode == 0


def sound(seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """The beginning of the sample lecture, 16 kHz mono."""
    with av.open(str(SAMPLE / "lecture.mp4")) as media:
        resampler = av.AudioResampler("flt", "mono", 16_000)
        frames = [out.to_ndarray()[0] for frame in media.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate(frames)[: int(seconds * 16_000)].astype(np.float32)


def test_what_was_fetched_loads_and_recognises(hub: HubServer, tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, models="mine")
    words = speech(engine="ctranslate2-nllb", hub=WORDS, licence="CC-BY-NC-4.0", compute_type="int8")
    get(hub, settings.packs, pack(asr=speech(compute_type="int8"), mt=words))
    engines = bootstrap.LoadedEngines(bootstrap.find_pack(settings), settings)
    heard = engines.recogniser().recognise(sound(10.0), "en", [(0.0, 10.0)])
    reference = (SAMPLE / "lecture.en.txt").read_text().lower()
    found = [word.text.lower().strip(".,") for segment in heard.segments for word in segment.words]
    assert found
    assert sum(word in reference for word in found) >= len(found) / 2
    assert engines.translator().translate(["the water is cold ."], ["en"], ["fr"])[0]
