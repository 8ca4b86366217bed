"""Writing and reading a topic, with each of the two Kafka clients that Pulse depends on."""

import asyncio

from aiokafka import AIOKafkaConsumer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

PATIENCE_MS = 30_000


def create_topic(bootstrap_servers: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        admin.close()


def write(bootstrap_servers: str, topic: str, value: bytes, codec: str | None = None) -> None:
    producer = KafkaProducer(
        bootstrap_servers=bootstrap_servers, compression_type=codec, acks="all"
    )
    try:
        producer.send(topic, value).get(timeout=PATIENCE_MS / 1000)
    finally:
        producer.close()


def read_with_kafka_python(bootstrap_servers: str, topic: str) -> bytes:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=PATIENCE_MS,
    )
    try:
        value = next(consumer).value
    finally:
        consumer.close()
    assert isinstance(value, bytes)
    return value


def read_with_aiokafka(bootstrap_servers: str, topic: str) -> bytes:
    async def read() -> bytes:
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            record = await asyncio.wait_for(consumer.getone(), PATIENCE_MS / 1000)
        finally:
            await consumer.stop()
        assert isinstance(record.value, bytes)
        return record.value

    return asyncio.run(read())
