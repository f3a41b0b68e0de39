"""What all wire models share: frozen values, unknown fields ignored, numbers written in a fixed precision.

Times are seconds since the media file's own start, kept in whole milliseconds; probabilities keep three
places (DESIGN §4.6), so that the same thing is always the same bytes.
"""

import json
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

SAMPLE_RATE = 16_000
"""Samples per second of all audio inside the pipeline (mono, signed 16 bit, little endian)."""

Seconds = Annotated[float, AfterValidator(lambda value: round(value, 3))]
Probability = Annotated[float, AfterValidator(lambda value: round(value, 3))]


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Model(BaseModel):
    """A frozen value; readers ignore fields they don't know, so that writers may add optional ones."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")


def to_bytes(model: BaseModel) -> bytes:
    """Canonical UTF-8 JSON: model order of fields, nothing optional left out by chance."""
    return _encode(model.model_dump(mode="json", exclude_none=True)).encode("utf-8", "backslashreplace")
