"""The commands that work with a cluster: names, options and help; the work is imported when a command is called."""

from pathlib import Path
from typing import Annotated

import typer

from streams.arguments import Job, Json, StoreDir, Wait, WaitOut, Wish, WishFormats, WishProfile, WishSpoken

app = typer.Typer(rich_markup_mode=None)
letters_app = typer.Typer(help="Records that were given up on: list, show, send again.", no_args_is_help=True)
app.add_typer(letters_app, name="deadletters")


@app.command()
def init() -> None:
    """Create topics, buckets, notifications and lifecycle rules; run it as often as you like."""
    from streams.commands.cluster import initialise

    initialise()


@app.command()
def worker(
    stages: Annotated[
        list[str] | None, typer.Argument(help="Stages to run; all if none is named.", metavar="[STAGE…]")
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="A name that stays across restarts, unique in the cluster.")
    ] = None,
) -> None:
    """Run stages against Kafka and the store. Prints one 'ready' line when every consumer has joined.

    SIGTERM stops reading, finishes what is in hand, commits and leaves.

    \b
    chalkstream worker
    chalkstream worker transcribe translate --instance gpu-1
    """
    from streams.commands.cluster import run_worker

    run_worker(tuple(stages or ()), instance)


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A media file.", metavar="FILE", show_default=False)],
    to: Wish = None,
    source_language: WishSpoken = None,
    profile: WishProfile = None,
    formats: WishFormats = None,
    tenant: Annotated[str, typer.Option("--tenant", help="A tenant that the settings declare.")] = "",
    wait: Wait = False,
    out: WaitOut = None,
) -> None:
    """Upload a file to the store as any S3 client would; prints the job's id.

    What is not asked for is left to the tenant's settings, then the defaults. The same command again goes on where
    it was stopped.

    \b
    chalkstream submit lecture.mp4 --to fr,es
    chalkstream submit lecture.mp4 --to fr,es --wait --out subtitles
    """
    from streams.commands.submit import Order
    from streams.commands.submit import submit as put

    told = {"targets": to, "source-language": source_language, "profile": profile, "formats": formats}
    order = Order(file, {name: value for name, value in told.items() if value is not None}, tenant)
    raise typer.Exit(put(order, wait=wait, out=out))


@app.command()
def trace(
    job: Annotated[
        str | None, typer.Argument(help="A job; the last local one if none is named.", metavar="[JOB]")
    ] = None,
    store: StoreDir = None,
) -> None:
    """Show where a job's time went: waits, work and retries of every stage. Needs no tracing backend.

    \b
    chalkstream trace
    chalkstream trace 6652f23e-348b-57a4-8dd7-3b7939dd37a1
    """
    from streams.commands.trace import trace as show

    show(job, store=store)


@app.command()
def watch(
    job: Annotated[str | None, typer.Argument(help="A job; all of them if none is named.", metavar="[JOB]")] = None,
    json: Json = False,
) -> None:
    """Follow the result topics: states, text and files as they come. With a job: until it has ended."""
    from streams.commands.watch import watch as follow

    raise typer.Exit(follow(job, as_json=json))


@app.command()
def get(
    job: Job,
    out: Annotated[Path, typer.Option("--out", help="Folder for the subtitle files and the report.")] = Path(),
) -> None:
    """Download the files and the report of a job; the exit code says how it ended."""
    from streams.commands.jobs import get as download

    raise typer.Exit(download(job, out))


@app.command()
def cancel(job: Job) -> None:
    """Stop a job: items in hand are left at their next step, nothing more is begun."""
    from streams.commands.jobs import cancel as stop

    raise typer.Exit(stop(job))


@app.command()
def rerun(
    job: Job,
    to: Wish = None,
    source_language: WishSpoken = None,
    profile: WishProfile = None,
    formats: WishFormats = None,
    wait: Wait = False,
    out: WaitOut = None,
) -> None:
    """Start a new run of a job, with other wishes if any are named; what has not changed is not computed again.

    \b
    chalkstream rerun JOB --to fr,es,de --wait --out subtitles
    """
    from streams.commands.jobs import asked
    from streams.commands.jobs import rerun as again

    wishes = asked(to=to, source_language=source_language, profile=profile, formats=formats)
    raise typer.Exit(again(job, wishes, wait=wait, out=out))


@app.command()
def reconcile(
    every: Annotated[
        float | None, typer.Option("--every", min=1.0, help="Seconds between looks; once if not named.")
    ] = None,
) -> None:
    """List the bucket of uploads and start what has no job; prints the id of each job that it starts."""
    from streams.commands.reconcile import reconcile as look

    raise typer.Exit(look(every))


Stage = Annotated[str | None, typer.Option("--stage", help="Letters of this stage alone.", show_default=False)]


@letters_app.command("list")
def letters_list(stage: Stage = None, json: Json = False) -> None:
    """One line per letter: id, time, stage, code, where the record stood, what was wrong."""
    from streams.commands.letters import list_letters

    list_letters(stage, as_json=json)


@letters_app.command("show")
def letters_show(
    name: Annotated[str, typer.Argument(help="A letter: its partition and offset.", metavar="ID")],
    value: Annotated[bool, typer.Option("--value", help="Also what the record says.")] = False,
) -> None:
    """Everything about one letter."""
    from streams.commands.letters import show_letter

    show_letter(name, value=value)


@letters_app.command("redrive")
def letters_redrive(
    names: Annotated[list[str] | None, typer.Argument(help="Letters.", metavar="[ID…]")] = None, stage: Stage = None
) -> None:
    """Send letters again, each once: a job of the media chain gets a new run, other records go as they were.

    \b
    chalkstream deadletters redrive 0-17 0-18
    chalkstream deadletters redrive --stage transcribe
    """
    from streams.commands.letters import redrive_letters

    raise typer.Exit(redrive_letters(names or [], stage))
