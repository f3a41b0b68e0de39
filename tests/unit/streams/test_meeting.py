"""The facts of a job meet in one process, however many share the work."""

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from schemas.topics import TOPICS
from streams.bootstrap_cluster import cluster_stages
from streams.graph import topics
from streams.runtime import ASSIGNORS

STAGES = {stage.name: sorted({name for kind in stage.takes for name in topics(kind)}) for stage in cluster_stages()}


class Cluster(ClusterMetadata):  # type: ignore[misc]
    """Topics as ``init`` makes them."""

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(TOPICS[topic].partitions))


@pytest.mark.parametrize("members", [1, 2, 5, 7, 12, 17])
@pytest.mark.parametrize("stage", ["jobs", "assemble", "subtitle", "chunk"])
def test_a_partition_number_of_all_topics_belongs_to_one_member(stage: str, members: int) -> None:
    (assignor,) = ASSIGNORS
    wanted = ConsumerProtocolMemberMetadata(0, STAGES[stage], b"")
    given = assignor.assign(Cluster(), {f"m{number}": wanted for number in range(members)})
    owners: dict[int, set[str]] = {}
    for member, assignment in given.items():
        for _topic, numbers in assignment.assignment:
            for number in numbers:
                owners.setdefault(number, set()).add(member)
    assert len(owners) == TOPICS[STAGES[stage][0]].partitions
    assert all(len(each) == 1 for each in owners.values())
