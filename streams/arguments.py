"""Arguments and options that several commands share, with their help; nothing else is imported here."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(help="Media files.", metavar="FILE…", show_default=False)]
To = Annotated[str, typer.Option("--to", help="Languages to translate into: fr,es,pt-BR. None: the transcript alone.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the subtitle files and the report.")]
Spoken = Annotated[str, typer.Option("--source-language", help="The spoken language, or auto.")]
Formats = Annotated[str, typer.Option("--formats", help="srt, vtt or both.")]
ProfileName = Annotated[str, typer.Option("--profile", help="The house style subtitles keep.")]
PackName = Annotated[
    str | None, typer.Option("--models", help="A model pack by name, or its folder.", show_default="demo")
]
StoreDir = Annotated[
    Path | None, typer.Option("--store", help="Journal and artefacts.", show_default="a per-user state folder")
]
ServiceState = Annotated[
    Path | None,
    typer.Option("--state", help="Folder for data, logs and secrets.", show_default="a per-user state folder"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON event per line on standard output.")]
Job = Annotated[str, typer.Argument(help="A job's id.", metavar="JOB", show_default=False)]
Wish = Annotated[str | None, typer.Option("--to", help="Languages to translate into: fr,es,pt-BR.", show_default=False)]
WishSpoken = Annotated[
    str | None, typer.Option("--source-language", help="The spoken language, or auto.", show_default=False)
]
WishFormats = Annotated[str | None, typer.Option("--formats", help="srt, vtt or both.", show_default=False)]
WishProfile = Annotated[
    str | None, typer.Option("--profile", help="The house style subtitles keep.", show_default=False)
]
Wait = Annotated[bool, typer.Option("--wait", help="Show progress until the job has ended.")]
WaitOut = Annotated[
    Path | None, typer.Option("--out", help="Folder for the files; waits for them.", show_default=False)
]
