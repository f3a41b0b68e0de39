"""The commands that ask for one thing: names, options and help; the work is imported when a command is called."""

from pathlib import Path
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


@app.command()
def image(
    prompt: Annotated[str, typer.Argument(help="What to show.", metavar="PROMPT", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The file to write, as PNG.")] = Path("image.png"),
    n: Annotated[int | None, typer.Option("--n", help="How many; the others stand beside it with a number.")] = None,
    size: Annotated[str | None, typer.Option("--size", help="WIDTHxHEIGHT, of those that the model paints.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed is the same picture.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Steps of the model.")] = None,
    negative_prompt: Annotated[str | None, typer.Option("--negative-prompt", help="What not to show.")] = None,
    models: PackName = None,
    local: Local = False,
) -> None:
    """Have a picture made; prints where it is. Needs the extra 'image' on the machine that makes it.

    \b
    chalkstream image "a red circle on a white background" --out circle.png
    chalkstream image "a blue square" --local --seed 7 --n 3 --out square.png
    """
    from streams.commands.image import image as order

    body = {"prompt": prompt, "n": n, "size": size, "seed": seed, "steps": steps, "negative_prompt": negative_prompt}
    order(body, out, models=models, local=local)
