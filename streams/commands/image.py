"""``chalkstream image``: a picture to a file, its path on standard output."""

import os
import sys
from pathlib import Path
from typing import Any

from infra import s3
from infra.folder import FolderStore
from infra.settings import Settings, read
from processors.bench import Store
from processors.illustrate import STAGE
from schemas.errors import BadSettings
from schemas.images import ImageProgress, ImageRequested, ImagesMade, MadeImage
from streams import logs
from streams.commands.asking import answers, need_folder, raise_error


def image(body: dict[str, Any], out: Path, *, models: str | None, local: bool) -> None:
    """Order, wait, write: the first picture to ``out``, others beside it with a number. Raises what it ended with."""
    settings = read(os.environ, models=models)
    logs.for_people()
    need_folder(out)
    wanted = {name: value for name, value in body.items() if value is not None}
    for answer in answers(STAGE, ImageRequested, wanted, settings, local=local):
        raise_error(answer)
        if isinstance(answer, ImageProgress) and sys.stderr.isatty():
            sys.stderr.write(f"\rstep {answer.step} of {answer.steps}" + "\n" * (answer.step == answer.steps))
        if isinstance(answer, ImagesMade):
            _write(answer.images or (), out, _store(settings, local=local))


def _store(settings: Settings, *, local: bool) -> Store:
    return FolderStore(settings.state / "objects") if local else s3.S3Store(s3.connect(settings.store))


def _write(images: tuple[MadeImage, ...], out: Path, store: Store) -> None:
    for number, made in enumerate(images):
        path = out.with_stem(f"{out.stem}-{number + 1}") if number else out
        try:
            path.write_bytes(store.get(made.bucket, made.key))
        except OSError as error:
            raise BadSettings(f"{path} can't be written: {error.strerror}", "choose another with --out") from None
        sys.stdout.write(f"{path}\n")
