"""Images on topics: a request with OpenAI's body, and where its pictures stand, or one typed error."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.base import Model, Probability
from schemas.exchanges import Exchange, ImageLimits, Requested, RequestError, WrongField, parsed, wrong_field

SEEDS: Final = 1 << 32
"""Seeds are 32 bits, which every generator of random numbers takes."""
_SIZE: Final = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})")


class ImageBody(Model):
    """The body of a request; what else OpenAI knows is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    model: str | None = None
    prompt: str = Field(min_length=1)
    negative_prompt: str | None = None
    n: int | None = Field(None, ge=1)
    size: str | None = None
    seed: int | None = Field(None, ge=0, lt=SEEDS)
    steps: int | None = Field(None, ge=1)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height. Raises WrongField."""
        if self.size in (None, "auto"):
            return None
        found = _SIZE.fullmatch(self.size or "")
        if found is None:
            raise WrongField("size", "must be WIDTHxHEIGHT, as 64x64, or auto")
        return int(found[1]), int(found[2])


class ImageRecord(ImageBody):
    """A request as a record has it: the body, and with it the id where no header has one."""

    request: str | None = None


class ImageRequested(Requested):
    """Somebody wants pictures."""

    topic, fact, wire = "image.requests", "image-requested", ImageRecord


class ImageProgress(Exchange):
    """How far a request's pictures are: ``step`` of ``steps`` of all of them together.

    Said again after a crash under the same id; who drops what it has seen never sees it go backwards.
    """

    topic, fact, slot = "image.progress", "image-progress", ("tenant", "step")
    progress: Probability
    step: int
    steps: int


class MadeImage(Model):
    """One picture in the store (PNG), and the seed that makes it again.

    ``withheld``: the model's safety checker did not let it through; the picture is black.
    """

    bucket: str
    key: str
    sha256: str
    size: int
    width: int
    height: int
    seed: int
    withheld: bool | None = None


class ImageUsage(BaseModel):
    """What it took."""

    images: int
    steps: int


class ImagesMade(Exchange):
    """The one answer of a request: its pictures, or ``error``."""

    topic, fact = "image.results", "images-made"
    created: int | None = None
    model: str | None = None
    images: tuple[MadeImage, ...] | None = None
    usage: ImageUsage | None = None
    error: RequestError | None = None


def read_image(body: str, limits: ImageLimits) -> ImageBody:
    """The request in ``body``. Raises WrongField, with the code that fits."""
    told = parsed(body)
    try:
        found = ImageBody.model_validate(told)
    except ValidationError as error:
        raise wrong_field(error) from None
    if not found.prompt.strip():
        raise WrongField("prompt", "must not be empty")
    if len(found.prompt) + len(found.negative_prompt or "") > limits.prompt_characters:
        raise WrongField("prompt", f"at most {limits.prompt_characters} characters", "prompt_too_long")
    if (found.n or 1) > limits.images:
        raise WrongField("n", f"at most {limits.images} images")
    if (found.steps or 1) > limits.steps:
        raise WrongField("steps", f"at most {limits.steps} steps")
    if found.pixels and max(found.pixels) > limits.side:
        raise WrongField("size", f"at most {limits.side} pixels a side")
    return found
