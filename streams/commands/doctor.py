"""``chalkstream doctor``: asks every check and says what to do about each finding.

Exit code 0 when nothing is bad (warnings are no failure), else 1: a doctor that worked and found something is not a
wrong command line, which is 2.
"""

import os
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from infra.settings import Settings, read
from schemas.errors import BadSettings
from streams import logs
from streams.findings.finding import Finding, Situation, ask, checks

MARKS = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[red]bad [/]"}


def examine(*, models: str | None, store: Path | None) -> int:
    """Print all findings; the exit code."""
    logs.for_people()
    console, situation = Console(soft_wrap=True, highlight=False), look(models, store)
    worst = 0
    for name, question in checks().items():
        console.print(f"[bold]{name.replace('_', ' ')}[/]")
        for finding in ask(question, situation):
            console.print(line(finding))
            worst = max(worst, int(finding.level == "bad"))
    console.print(
        "\nSomething has to be done before Chalkstream can work." if worst else "\nChalkstream can work here."
    )
    return worst


def look(models: str | None, store: Path | None) -> Situation:
    """The settings as ``run`` would read them; the defaults where those are refused, so that the rest is seen."""
    try:
        return Situation(read(os.environ, models=models, state=store), dict(os.environ))
    except BadSettings as error:
        given = {"models": models, "state": store}
        plain = Settings.model_construct().model_copy(update={k: v for k, v in given.items() if v is not None})
        return Situation(plain, dict(os.environ), refused=error)


def line(finding: Finding) -> str:
    """One finding with rich's marks."""
    remedy = f" [dim]- {escape(finding.remedy)}[/]" if finding.remedy else ""
    return f"  {MARKS[finding.level]} {escape(finding.what)}{remedy}"
