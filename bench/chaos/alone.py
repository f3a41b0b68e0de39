"""The child of a worker with a diary: one suspect alone, as ``streams.isolated`` runs it, noting the calls it makes."""

import os
from pathlib import Path

from bench.chaos.worker import DIARIES, Diary, with_diary
from streams import bootstrap_cluster, isolated


def main() -> None:
    """One item; an item that was finished calls no model."""
    note, real = Diary(Path(os.environ[DIARIES])).note, bootstrap_cluster.cluster_bench
    bootstrap_cluster.cluster_bench = lambda settings: with_diary(real(settings), note)
    isolated.main()


if __name__ == "__main__":
    main()
