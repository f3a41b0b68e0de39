"""Silero VAD v6 as it ships with faster-whisper, run with its recurrent state going in and coming out.

faster-whisper's own wrapper starts from zero at each call; a lecture that comes in parts needs the state carried.
One frame is 512 samples preceded by the 64 samples before it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.bench import VoiceState
from processors.engines.loading import loading

if TYPE_CHECKING:
    from processors.bench import Audio

FRAME, CONTEXT = 512, 64


class Silero:
    """Implements ``Voice``; one thread, as it runs beside the recogniser."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def probabilities(self, audio: "Audio", state: VoiceState | None) -> tuple[list[float], VoiceState]:
        """``audio``: float32, a multiple of 512 samples. One probability per frame, and the state after it."""
        import numpy as np

        zeros = np.zeros((1, 1, 128), dtype=np.float32)
        hidden = np.frombuffer(state.hidden, dtype=np.float32).reshape(1, 1, 128) if state else zeros
        cell = np.frombuffer(state.cell, dtype=np.float32).reshape(1, 1, 128) if state else zeros
        context = np.frombuffer(state.context, dtype=np.float32) if state else np.zeros(CONTEXT, dtype=np.float32)
        stream = np.concatenate([context, audio])
        frames = np.lib.stride_tricks.sliding_window_view(stream, FRAME + CONTEXT)[::FRAME]
        if not len(frames):
            return [], state or VoiceState(zeros.tobytes(), zeros.tobytes(), context.tobytes())
        feed = {"input": np.ascontiguousarray(frames), "h": hidden, "c": cell}
        output, hidden, cell = self._session.run(None, feed)
        after = VoiceState(hidden.tobytes(), cell.tobytes(), stream[-CONTEXT:].astype(np.float32).tobytes())
        return [float(p) for p in np.ravel(output)], after


def load() -> Silero:
    """The detector, from the files of the installed faster-whisper."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    model = _package("faster_whisper") / "assets" / "silero_vad_v6.onnx"
    with loading(model):
        session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
    return Silero(session)


def _package(name: str) -> Path:
    """Where an installed package stands; importing this one takes longer than all of voice detection."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(name=name)
    return Path(spec.origin).parent
