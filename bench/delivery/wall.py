"""Wall time of a talk on Kafka and MinIO over that of the same talk by the local runner, turn by turn, models warm.

A model of whisper-base's shape, so that recognition costs what it costs. Broker and store compute on the same cores;
their processor seconds are told apart. Both arms are timed from the upload's (file's) arrival to the job's last word.
"""

import time
from statistics import median
from typing import Any

from bench import ours
from bench.audio import talk
from bench.delivery.house import OUT, House, opened
from bench.shapes import pack
from bench.statistics import ratios

MOST = 1.10
WORDS = 60


def measure(rounds: int = 5, seconds: float = 300.0) -> dict[str, Any]:
    """Paired ratios and the verdict."""
    packed, media = pack(OUT / "models", asr="base", words=WORDS), talk(OUT / "media", seconds)
    engines = ours.warm(packed)
    kafka, local, spent = list[float](), list[float](), list[dict[str, float]]()
    with opened(CHALKSTREAM_MODELS=str(packed), CHALKSTREAM_ENGINES__WORKERS="2") as house, house.worker():
        _upload(house, "warm", str(media))
        for at in range(rounds):
            with ours.finished(media, packed, engines) as ended:
                local.append(ended.seconds)
            before = house.cpu()
            kafka.append(_upload(house, f"round-{at}", str(media), undisturbed=0.8 * local[-1]))
            spent.append({name: used - before[name] for name, used in house.cpu().items()})
    found = ratios(kafka, local)
    wrong = [f"{found.value:.3f} is more than {MOST}"] if found.value > MOST else []
    return {
        "kafka_s": kafka, "local_s": local, "ratio": found.value, "low": found.low, "high": found.high,
        **{f"{name}_cpu_s": median(each[name] for each in spent) for name in spent[0]}, "problems": wrong,
    }  # fmt: skip


def _upload(house: House, name: str, path: str, *, undisturbed: float = 0.0) -> float:
    """Seconds to the broker's stamp on the end; who asks for it works on the same cores, so nobody asks at first."""
    key, began = f"wall/{name}.mp4", time.time()
    house.outside.s3.upload_file(path, "uploads", key, ExtraArgs={"Metadata": {"targets": "", "source-language": "en"}})
    time.sleep(undisturbed)
    ends = house.wait([key], 240)
    assert key in ends and ends[key].state == "done", ends
    return ends[key].at - began
