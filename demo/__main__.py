"""python -m demo: the command line over the demo pack's makers. It parses and calls; what is done stands elsewhere."""

from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, help="Trains, evaluates and describes the demo pack; makes demo lectures.")
PACK = Path(__file__).parents[1] / "infra" / "packs" / "demo"
WORK = Path(__file__).parent / "work"


@app.command()
def lecture(out: Path = Path("lecture.mp4"), minutes: float | None = None, seed: int = 1) -> None:
    """Speak and film a lecture into OUT (.mp4), its reference beside it; without --minutes the sample lecture."""
    from demo.lecture import drawn_script, sample_script, write

    if minutes is None:
        write(sample_script(), out)
    else:
        write(drawn_script(seed), out, seconds=60 * minutes)


@app.command()
def manifest(pack: Path = PACK) -> None:
    """Check every file of the pack against pack.toml."""
    from demo.manifest import verify

    verify(pack)
    typer.echo(f"{pack}: every file is as recorded")


if __name__ == "__main__":
    app()
