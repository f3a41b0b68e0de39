"""Who listens to what is said about which job. Only the gateway's loop comes here."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from streams.gateway.backend import Entry, Heard


@dataclass
class Listeners:
    """Of one backend."""

    _of: defaultdict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))

    def __contains__(self, job: str) -> bool:
        return job in self._of

    @contextmanager
    def listen(self, job: str, heard: Heard) -> Iterator[None]:
        """``heard`` is told of the job for as long as this lasts."""
        self._of[job].append(heard)
        try:
            yield
        finally:
            self._of[job].remove(heard)
            if not self._of[job]:
                del self._of[job]

    def tell(self, job: str, entries: Sequence[Entry]) -> None:
        """All who listen to the job."""
        for heard in list(self._of.get(job, ())):
            heard(entries)
