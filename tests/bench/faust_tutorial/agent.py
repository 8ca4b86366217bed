"""The peer: Faust as its tutorial writes it. One event at a time, a record class, a tumbling table.

Counts the speech of each community and day, which is a small part of what Pulse does.
"""

import os
from datetime import timedelta

import faust

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=f"kafka://{os.environ['KAFKA_BOOTSTRAP_SERVERS']}",
    store="memory://",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_replication_factor=1,
)


class Interaction(faust.Record, serializer="json"):  # type: ignore[call-arg, misc]
    id: str
    type: str
    time: str
    community_id: str
    user_id: str = ""


interactions = app.topic(os.environ["BENCH_TOPIC"], value_type=Interaction)
speech = app.Table("speech", default=int).tumbling(timedelta(days=1), expires=timedelta(days=90))


@app.agent(interactions)  # type: ignore[untyped-decorator]
async def count_speech(stream: "faust.Stream[Interaction]") -> None:
    async for interaction in stream:
        if interaction.type in {"post.created", "reply.created"}:
            speech[interaction.community_id] += 1


if __name__ == "__main__":
    app.main()
