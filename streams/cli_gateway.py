"""The commands around the gateway: names, options and help; the work is imported when a command is called."""

from typing import Annotated

import typer

from streams.arguments import PackName, StoreDir

app = typer.Typer(rich_markup_mode=None)
keys_app = typer.Typer(help="API keys of the gateway: add, list, remove.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
Local = Annotated[bool, typer.Option("--local", help="On this machine alone, without a broker.")]


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Where to listen; keys are needed elsewhere.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="0 is any free one.", show_default="8000")] = None,
    models: PackName = None,
    store: StoreDir = None,
    local: Local = False,
) -> None:
    """The HTTP gateway and the web page. Prints one 'ready' line with its address.

    \b
    chalkstream serve --local
    chalkstream serve --host 0.0.0.0 --port 8000
    """
    from streams.commands.serve import serve as listen

    listen(host=host, port=port, models=models, store=store, local=local)


@keys_app.command("add")
def keys_add(
    tenant: Annotated[str, typer.Option("--tenant", help="A tenant that the settings declare.")] = "default",
    role: Annotated[str, typer.Option("--role", help="viewer (looks), member (uploads too), admin (all).")] = "member",
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    local: Local = False,
    store: StoreDir = None,
) -> None:
    """Print a new key, this once."""
    from streams.commands.keys import add

    add(tenant, role, note, local=local, store=store)


@keys_app.command("list")
def keys_list(local: Local = False, store: StoreDir = None) -> None:
    """One line per key; the keys themselves are nowhere."""
    from streams.commands.keys import show

    show(local=local, store=store)


@keys_app.command("remove")
def keys_remove(
    name: Annotated[str, typer.Argument(help="A key's id.", metavar="ID")], local: Local = False, store: StoreDir = None
) -> None:
    """Take a key back."""
    from streams.commands.keys import drop

    drop(name, local=local, store=store)
