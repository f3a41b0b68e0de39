"""The commands that ask for one thing: names, options and help; the work is imported when a command is called."""

from typing import Annotated

import typer

from streams.arguments import Json, PackName

app = typer.Typer(rich_markup_mode=None)
Local = Annotated[bool, typer.Option("--local", help="In this process, without a broker.")]


@app.command()
def chat(
    text: Annotated[str, typer.Argument(help="What to ask.", metavar="TEXT", show_default=False)],
    system: Annotated[str | None, typer.Option("--system", help="How the model should answer.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Length of the answer at most.")] = None,
    models: PackName = None,
    json: Json = False,
    local: Local = False,
) -> None:
    """Ask the chat model; the answer is shown as it comes.

    \b
    chalkstream chat "What is a consumer group?"
    chalkstream chat "What is a proof?" --local --max-tokens 40
    """
    from streams.commands.chat import chat as ask

    ask(text, system=system, max_tokens=max_tokens, models=models, as_json=json, local=local)
