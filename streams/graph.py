"""The chain as a graph, made from the stages themselves: who takes what, on which topic. Text and mermaid."""

from collections.abc import Sequence

from processors.stage import Stage
from schemas.events import Event, PlainEvent


def takers(stages: Sequence[Stage]) -> dict[str, list[str]]:
    """Wire type → names of the stages that take it."""
    found: dict[str, list[str]] = {}
    for stage in stages:
        for kind in stage.takes:
            found.setdefault(kind.wire_type(), []).append(stage.name)
    return found


def topics(kind: type[Event]) -> tuple[str, ...]:
    """The topics a kind of fact travels on."""
    express = getattr(kind, "express_topic", None)
    return (kind.topic, express) if express else (kind.topic,)


def undertakers(stages: Sequence[Stage]) -> dict[str, str]:
    """Topic → the one stage that buries what can't be read there: the first of the chain that takes it."""
    found: dict[str, str] = {}
    for stage in stages:
        for name in (name for kind in stage.takes for name in topics(kind)):
            found.setdefault(name, stage.name)
    return found


def arrows(stages: Sequence[Stage]) -> list[tuple[str, type[Event], str]]:
    """(giver, fact, taker); ``in`` gives what others say, ``out`` takes what no stage does."""
    kinds = dict.fromkeys(kind for stage in stages for kind in (*stage.takes, *stage.gives))
    found = []
    for kind in kinds:
        givers = [stage.name for stage in stages if kind in stage.gives]
        givers = ["in", *givers] if issubclass(kind, PlainEvent) or not givers else givers
        taking = [stage.name for stage in stages if kind in stage.takes] or ["out"]
        found += [(giver, kind, taker) for giver in givers for taker in taking]
    return found


def as_text(stages: Sequence[Stage]) -> str:
    """One block per stage: what it takes and gives, and how it is run."""
    lines = []
    for stage in stages:
        traits = [name for name in ("ordered", "can_crash") if getattr(stage, name)] + (
            ["batch"] if stage.batch else []
        )
        lines.append(f"{stage.name}" + (f"  ({', '.join(traits)})" if traits else ""))
        lines += [f"  <- {kind.__name__}  {' '.join(topics(kind))}" for kind in stage.takes]
        lines += [f"  -> {kind.__name__}  {' '.join(topics(kind))}" for kind in stage.gives]
    return "\n".join(lines)


def as_mermaid(stages: Sequence[Stage]) -> str:
    """A flowchart for the documentation."""
    lines = ["flowchart TD", "  in([upload, request])", "  out([result topics])"]
    lines += [f"  {stage.name}[{stage.name}]" for stage in stages]
    labels: dict[tuple[str, str], list[str]] = {}
    for giver, kind, taker in arrows(stages):
        labels.setdefault((giver, taker), []).append(kind.__name__)
    lines += [f"  {giver} -- {'<br/>'.join(names)} --> {taker}" for (giver, taker), names in labels.items()]
    return "\n".join(lines)
