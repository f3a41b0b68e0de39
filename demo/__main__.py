"""python -m demo: the command line over the demo pack's makers. It parses and calls; what is done stands elsewhere."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Trains, evaluates and describes the demo pack; makes demo lectures.")
PACK = Path(__file__).parents[1] / "infra" / "packs" / "demo"
WORK = Path(__file__).parent / "work"
MODELS = ("asr", "mt", "chat", "image")

Only = Annotated[list[str] | None, typer.Option(help="one of asr, mt, chat, image; may be given again (all)")]


@app.command()
def build(
    only: Only = None,
    steps: Annotated[int | None, typer.Option(help="training steps (each trainer's own)")] = None,
    seed: int = 1,
    resume: Annotated[bool, typer.Option(help="go on from the last checkpoint in --work")] = False,
    smoke: Annotated[
        bool, typer.Option(help="hardly any steps, into --work: proves that everything builds and loads")
    ] = False,
    work: Annotated[Path, typer.Option(help="data and checkpoints")] = WORK,
    out: Annotated[Path, typer.Option(help="the pack's folder")] = PACK,
) -> None:
    """Train models and put them into the pack (all four: about two and a half hours on one core)."""
    from demo import build as maker
    from demo.training import Plan

    models = _models(only)
    if smoke:
        typer.echo(maker.smoke(models, work / "smoke"))
    else:
        maker.build_all(models, Plan(work, 0, seed, resume), out, steps)


@app.command()
def evaluate(
    only: Only = None,
    pack: Path = PACK,
    json: Annotated[Path, typer.Option(help="where the figures are written")] = Path("demo-evaluation.json"),
) -> None:
    """Measure what the pack promises, print the table, write it with every row measured; exit 1 if a promise is
    broken.
    """
    from demo import evaluation

    measured = evaluation.evaluate(pack, _models(only))
    lines = evaluation.table(measured)
    typer.echo(evaluation.render(lines))
    evaluation.write(measured, json)
    if not all(line.holds for line in lines):
        raise typer.Exit(1)


@app.command()
def lecture(
    out: Path = Path("lecture.mp4"),
    minutes: Annotated[float | None, typer.Option(help="length; without it the sample lecture is made")] = None,
    seed: int = 1,
) -> None:
    """Speak and film a lecture, with its reference transcript and translations beside it."""
    from demo.lecture import write
    from demo.script import drawn_script, sample_script

    if minutes is None:
        write(sample_script(), out)
    else:
        write(drawn_script(seed), out, seconds=60 * minutes)


@app.command()
def manifest(
    pack: Path = PACK,
    renew: Annotated[bool, typer.Option(help="write pack.toml anew from the files that are there")] = False,
) -> None:
    """Check every file of the pack against pack.toml."""
    from demo.manifest import BrokenPack, read, record, verify

    try:
        if renew:
            record(pack, "asr", read(pack)["asr"]["training"])
        verify(pack)
    except BrokenPack as error:
        sys.exit(f"error: {error}")
    typer.echo(f"{pack}: every file is as recorded")


def _models(only: list[str] | None) -> tuple[str, ...]:
    unknown = set(only or ()) - set(MODELS)
    if unknown:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: use {', '.join(MODELS)}")
    return tuple(model for model in MODELS if not only or model in only)


if __name__ == "__main__":
    app()
