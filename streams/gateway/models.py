"""``/v1/models``, as OpenAI has it: what this installation's pack holds. ``default`` and ``whisper-1`` work too."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel

from schemas.errors import BadInput
from streams.gateway.problems import documented
from streams.gateway.site import Here, Site, Who

router = APIRouter(prefix="/v1/models", tags=["openai"])
SPEECH: Final = frozenset({"default", "whisper-1"})


class Model(BaseModel):
    """OpenAI's model; ``kind`` is an addition: asr, mt, chat or image."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = "chalkstream"
    kind: str


class Models(BaseModel):
    """OpenAI's list."""

    object: str = "list"
    data: list[Model]


@router.get("", responses=documented(openai=True), summary="Models")
async def models(caller: Who, here: Here) -> Models:
    """All of them."""
    return Models(data=_all(here))


@router.get("/{model:path}", responses=documented(404, openai=True), summary="One model")
async def model(model: Annotated[str, Path(description="Its id.", max_length=300)], caller: Who, here: Here) -> Model:
    """By its id."""
    found: dict[str, Any] = {each.id: each for each in _all(here)}
    if model not in found:
        raise BadInput("unknown_model", f"there is no model {model[:60]!r}", "see GET /v1/models")
    return Model.model_validate(found[model])


def need_speech(name: str | None, here: Site) -> None:
    """Raises BadInput for a model that recognises no speech here."""
    if name is not None and name not in (here.models.get("asr"), *SPEECH):
        raise BadInput("unknown_model", f"the model {name[:60]!r} recognises no speech here", "see GET /v1/models")


def _all(here: Site) -> list[Model]:
    return [Model(id=name, kind=kind) for kind, name in here.models.items()]
