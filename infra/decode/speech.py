"""How much speech a few seconds of sound hold: Silero VAD v6, from the files of the installed faster-whisper.

Runs in the parent, over PCM. faster-whisper itself is not imported, only its model file is read.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

FRAME, CONTEXT, RATE = 512, 64, 16_000
VOICED = 0.5


@lru_cache(maxsize=1)
def _session() -> Any:
    import onnxruntime

    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise RuntimeError("faster-whisper is not installed")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena, options.log_severity_level = False, 4
    model = Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])


def seconds(pcm: bytes) -> float:
    """Seconds of speech in s16le mono 16 kHz: frames of 32 ms that are more likely speech than not."""
    import numpy as np

    audio = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
    if len(audio) < FRAME:
        return 0.0
    stream = np.concatenate([np.zeros(CONTEXT, dtype=np.float32), audio])
    frames = np.lib.stride_tricks.sliding_window_view(stream, FRAME + CONTEXT)[::FRAME]
    state = np.zeros((1, 1, 128), dtype=np.float32)
    output, _, _ = _session().run(None, {"input": np.ascontiguousarray(frames), "h": state, "c": state})
    return float(np.count_nonzero(np.ravel(output) > VOICED)) * FRAME / RATE
