"""The command line (CONTRACT §1): names, options and help; every command's work is imported when it is called.

Errors are one line on standard error and an exit code; a traceback only with ``--debug``.
"""

import logging
import os
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streams import cli_cluster as cluster
from streams import cli_gateway as gateway
from streams import cli_requests as requests
from streams.arguments import (
    Files,
    Formats,
    Json,
    Out,
    PackName,
    ProfileName,
    ServiceState,
    Spoken,
    StoreDir,
    To,
)

app = typer.Typer(
    name="chalkstream",
    help="Lecture videos in, captions and translations out, on machines you own.",
    epilog="Example:  chalkstream run lecture.mp4 --to fr,es --out subtitles",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="Model packs: list, check, fetch, convert.", no_args_is_help=True)
app.add_typer(models_app, name="models")
services_app = typer.Typer(help="Real Kafka and MinIO on this machine, without Docker.", no_args_is_help=True)
app.add_typer(services_app, name="services")
app.add_typer(cluster.app)
app.add_typer(requests.app)
app.add_typer(gateway.app)

Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.", hidden=True)]


@app.callback()
def _root(debug: Debug = False) -> None:
    _state["debug"] = debug
    if debug:
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
        logging.getLogger("streams").setLevel(logging.DEBUG)


_state = {"debug": False}


@app.command()
def run(
    media: Files,
    to: To = "",
    out: Out = Path(),
    source_language: Spoken = "auto",
    formats: Formats = "srt,vtt",
    profile: ProfileName = "edu-default",
    models: PackName = None,
    store: StoreDir = None,
    json: Json = False,
) -> None:
    """Run the whole chain in this process, without a broker.

    Stopped half-way, the same command goes on where it was; run again on the same file, it recomputes nothing.

    \b
    chalkstream run lecture.mp4 --to fr,es --out subtitles
    chalkstream run *.mp4 --source-language en --formats vtt --out subtitles
    chalkstream run talk.mkv --json | jq .type
    """
    from infra.decode import prepare

    prepare()
    from streams.commands.run import Request, run_files

    request = Request(tuple(media), to, source_language, profile, formats)
    raise typer.Exit(run_files(request, out, models=models, store=store, as_json=json))


@services_app.command("up")
def services_up(
    state: ServiceState = None,
    sasl: Annotated[bool, typer.Option("--sasl", help="A second listener with SCRAM.")] = False,
) -> None:
    """Start both, wait until they answer, print the settings as NAME=value lines.

    \b
    eval "$(chalkstream services up | sed 's/^/export /')"
    """
    from streams.commands.local_services import services_up as up

    up(state, sasl=sasl)


@services_app.command("down")
def services_down(state: ServiceState = None) -> None:
    """Stop what 'up' started, and nothing else; data stays."""
    from streams.commands.local_services import services_down as down

    down(state)


@services_app.command("status")
def services_status(state: ServiceState = None) -> None:
    """How each service is; exit code 1 unless both are up."""
    from streams.commands.local_services import services_status as status

    raise typer.Exit(status(state))


@app.command()
def graph(
    form: Annotated[str, typer.Option("--format", help="text, mermaid or asyncapi.")] = "text",
) -> None:
    """Print the chain: stages, topics, arrows; made from the code."""
    from processors.stage import discover
    from streams import graph as drawing
    from streams.status import StatusBoard

    if form == "asyncapi":
        from streams.commands import schemas as documents

        sys.stdout.write(documents.text(documents.documents()["asyncapi.json"]))
        return
    if form not in ("text", "mermaid"):
        from schemas.errors import BadSettings

        raise BadSettings(f"--format {form!r} is not known", "use text, mermaid or asyncapi")
    stages = (*discover(), StatusBoard().stage())
    sys.stdout.write((drawing.as_text if form == "text" else drawing.as_mermaid)(stages) + "\n")


@app.command(hidden=True)
def schemas(
    out: Annotated[Path, typer.Option("--out", help="Folder for the documents.")] = Path("schemas/export"),
) -> None:
    """Write AsyncAPI and JSON Schemas of all topics and facts; a change that breaks readers is refused."""
    from streams.commands.schemas import export

    export(out)


@app.command()
def doctor(models: PackName = None, store: StoreDir = None) -> None:
    """Check settings, models, media libraries and disk, and say what to do about each finding."""
    from streams.commands.doctor import examine

    raise typer.Exit(examine(models=models, store=store))


@models_app.command("list")
def models_list() -> None:
    """The packs that are here, with their models, languages and licences."""
    from streams.commands.packs import list_packs

    list_packs()


@models_app.command("check")
def models_check(name: Annotated[str | None, typer.Argument(help="A pack; all of them if not named.")] = None) -> None:
    """Compare every file of a pack with its sha256."""
    from streams.commands.packs import check_packs

    raise typer.Exit(check_packs(name))


@models_app.command("fetch")
def models_fetch(
    name: Annotated[str, typer.Argument(help="A pack of the catalogue, or with --from any name.")],
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="[KIND=]OWNER/NAME[@REVISION]", help="A model on the hub; once per kind."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Follow branches anew instead of keeping the commits.")
    ] = False,
) -> None:
    """Fetch a pack, pinned to commits and checksums; again: repair it. HF_ENDPOINT and HF_TOKEN are honoured.

    \b
    chalkstream models fetch lecture-small
    chalkstream models fetch mine --from Systran/faster-whisper-base --from mt=owner/name@main
    """
    from streams.commands.packs import fetch_pack

    fetch_pack(name, sources or [], update=update, endpoint=os.environ.get("HF_ENDPOINT") or None)


@models_app.command("convert")
def models_convert(
    source: Annotated[Path, typer.Argument(help="A Hugging Face folder, with safetensors.", metavar="HF_DIR")],
    out: Annotated[Path, typer.Argument(help="The folder to make.", metavar="OUT")],
    kind: Annotated[str, typer.Option("--kind", help="asr, mt or chat.")],
    quantization: Annotated[str, typer.Option("--quantization", help="int8, int8_float16 or float16.")] = "int8",
) -> None:
    """Make a CTranslate2 folder of a model; needs the extra 'transformers'. Prints what to put into a pack.toml.

    \b
    chalkstream models convert ./my-llama ./my-llama-int8 --kind chat
    chalkstream models convert ./whisper-fine-tuned ./asr --kind asr --quantization float16
    """
    from streams.commands.convert import convert

    convert(source, out, kind=kind, quantization=quantization)


INTERRUPTED = 130
"""What typer makes of Ctrl-C, and the contract's code for it."""


def main() -> None:
    """The console script."""
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        _stop(None, "cancelled: stopped on request", INTERRUPTED)
    except BrokenPipeError:
        _leave(1)
    except Exception as error:
        _refuse(error)
    else:
        if code == INTERRUPTED:
            _stop(None, "cancelled: interrupted - run the same command again to go on", INTERRUPTED)
        _leave(code if isinstance(code, int) else 0)


def _refuse(error: Exception) -> NoReturn:
    """One line for ours, for misuse, for a bug. Imported here: half of the time that ``--help`` took was pydantic's."""
    from schemas.errors import ChalkstreamError

    if isinstance(error, ChalkstreamError):
        _stop(error, str(error), error.exit_code)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{error}\n")
        _leave(2)
    if (usage := getattr(error, "exit_code", None)) is not None and hasattr(error, "format_message"):
        _stop(error, f"usage: {error.format_message()} - see --help", usage)
    _stop(error, f"internal: {type(error).__name__} in this program - please report it; --debug shows where", 1)


def _stop(error: BaseException | None, line: str, code: int) -> NoReturn:
    if _state["debug"] and error is not None:
        import traceback

        traceback.print_exception(error)
    sys.stderr.write(f"error: {' '.join(line.split())}\n")
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Exit; at once where a thread is still inside an engine, which would abort when Python is taken down under it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # who read it has gone, which is no error of ours; Python flushes once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)
