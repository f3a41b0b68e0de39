"""What every trainer shares: steps, learning rate, checkpoints, provenance. Schedules are by steps, never by the
clock.

A run is a function of its seed and its steps: data are drawn from the seed and the step alone, so that a run that was
stopped and resumed ends with the weights of one that was not. Training keeps to one thread: on a shared box two are
slower.
"""

import math
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn, optim

CHECKPOINT_SECONDS = 150
REPORT_STEPS = 50
SMOKE_STEPS = 12


@dataclass(frozen=True)
class Plan:
    """How long and from which seed to train, and where the run keeps its checkpoints and data; `halt` ends it early."""

    work: Path
    steps: int
    seed: int = 1
    resume: bool = False
    smoke: bool = False
    halt: int | None = None

    def smoked(self) -> "Plan":
        """The same run cut down to prove that it builds, trains, converts and loads."""
        return Plan(self.work, SMOKE_STEPS, self.seed, self.resume, smoke=True)


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def one_thread(seed: int) -> None:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)


def learning_rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Linear warm-up, then a cosine to (almost) nothing at the last step."""
    return peak * min(1.0, (step + 1) / warmup) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-5


def versions(*packages: str) -> list[str]:
    return [f"python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)]


@dataclass
class Loop:
    """Counts steps, sets the learning rate, saves checkpoints, and reports averages with the time left."""

    plan: Plan
    name: str
    model: "nn.Module"
    optimiser: "optim.Optimizer"
    peak: float
    warmup: int = 100
    extra: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    _average: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _saved: float = field(default_factory=time.monotonic)
    first: int = 0

    @property
    def path(self) -> Path:
        return self.plan.work / f"{self.name}.checkpoint.pt"

    @property
    def done(self) -> float:
        return self.step / self.plan.steps

    def __iter__(self) -> Iterator[int]:
        """The steps still to do; resumes where the checkpoint stands if the plan says so."""
        if self.plan.resume and self.path.is_file():
            self._load()
        self.first = self.step
        while self.step < min(self.plan.steps, self.plan.halt or self.plan.steps):
            yield self.step

    def update(self, loss: Any, **shown: float) -> None:
        """One optimiser step for `loss`; `shown` are numbers to report."""
        import torch

        rate = learning_rate(self.step, self.plan.steps, self.peak, self.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        self._report({"loss": float(loss.detach()), **shown})

    def checkpoint(self, *, now: bool = False) -> bool:
        """Save if it is time (call it only where a resumed run can take up the data again)."""
        if not now and time.monotonic() - self._saved < CHECKPOINT_SECONDS:
            return False
        import torch

        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            **self.extra,
        }
        torch.save(state, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)
        self._saved = time.monotonic()
        return True

    def _load(self) -> None:
        import torch

        state = torch.load(self.path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        say(f"{self.name}: resumed at step {self.step}")

    def _report(self, values: dict[str, float]) -> None:
        for key, value in values.items():
            self._average[key] = 0.95 * self._average.get(key, value) + 0.05 * value
        if self.step % REPORT_STEPS == 0 or self.step == self.plan.steps:
            rate = (self.step - self.first) / (time.monotonic() - self._began)
            left = (self.plan.steps - self.step) / rate / 60
            shown = " ".join(f"{key} {value:.3f}" for key, value in self._average.items())
            say(f"{self.name} {self.step}/{self.plan.steps} {shown} | {rate:.2f} steps/s, {left:.0f} min left")
