"""A platform of real services, a tenant whose import client stands at a site, and the agent there as a process."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import contracts
from contracts.events.entry import DocumentDeclared
from customs.documents import JsonObject
from tests.support.identity_client import Tenant, enterprise, new_tenant
from tests.support.identity_service import MASTER_KEY, running_identity
from tests.support.infrastructure import TREE, Servers
from tests.support.patience import SECONDS
from tests.support.publishing import publish
from tests.support.service_process import ServiceProcess, running_service
from tests.support.site_link import Faults, SiteLink, running_link

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_EXAMPLE: JsonObject = json.loads((_EXAMPLES / "first.json").read_text(encoding="utf-8"))


def eventually(look: Callable[[], Any], said: Callable[[], str] = lambda: "did not come") -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Platform:
    servers: Servers
    exchange: Path
    identity: ServiceProcess
    signer: ServiceProcess
    submission: ServiceProcess
    receipts: ServiceProcess

    def routes(self) -> Mapping[str, str]:
        return {
            "/v1/site/outbox": self.submission.url,
            "/v1/site/inbox": self.receipts.url,
            "/v1/site/": self.signer.url,
            "/v1/": self.identity.url,
        }

    def said(self) -> str:
        """What was logged last, for a test that waits in vain."""
        return "\n".join(each.output()[-3000:] for each in (self.signer, self.submission, self.receipts))


@contextmanager
def running_platform(servers: Servers, exchange: Path) -> Iterator[Platform]:
    with ExitStack() as stack:
        identity = stack.enter_context(running_identity(servers, servers.database("identity")))
        settings = {
            "JWKS_URL": f"{identity.url}/.well-known/jwks.json",
            "MASTER_KEY": MASTER_KEY,
            "EXCHANGE_DIR": str(exchange),
            "BOX_POLL_SECONDS": "0.1",
            "MISSING_GRACE_SECONDS": "3",
            "INBOX_POLL_SECONDS": "0.1",
        }
        others = [
            stack.enter_context(running_service(name, servers.database(name), servers, settings))
            for name in ("signer", "submission", "receipts")
        ]
        yield Platform(servers, exchange, identity, *others)


@dataclass
class Site:
    """One enterprise of a tenant of its own, whose mailbox is at a site."""

    platform: Platform
    tenant: Tenant
    enterprise: JsonObject
    link: SiteLink
    folder: Path
    stack: ExitStack
    agents: list[Agent] = field(default_factory=list)

    @property
    def mailbox(self) -> str:
        route = self.enterprise["route"]
        assert isinstance(route, dict)
        return str(route["mailbox"])

    def named(self, name: str = "港区办公室") -> dict[str, Any]:
        """What an administrator makes: an agent with a code."""
        return self.tenant.admin.made(
            "/v1/site-agents", {"name": name, "enterprises": [self.enterprise["id"]]}
        )

    def agent(self, name: str = "港区办公室", *, folder: Path | None = None, more: str = "") -> Agent:
        """Enrolled and configured; `start` it."""
        made = self.named(name)
        home = self.folder.parent / f"agent-{uuid4().hex[:8]}"
        done = self.enrol(home, made["code"])
        assert done.returncode == 0, done.stderr
        configuration = home / "agent.toml"
        told = configuration.read_text(encoding="utf-8")
        box = f'[[mailbox]]\nname = "{self.mailbox}"\nfolder = "{folder or self.folder}"\n'
        quick = "poll_seconds = 0.1\ngone_seconds = 1.0\n"
        configuration.write_text(told + quick + more + box, encoding="utf-8")
        agent = Agent(home, made["id"])
        self.agents.append(agent)
        return agent

    def enrol(self, home: Path, code: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "agent", "enrol", "--home", str(home)]
        command += ["--url", self.link.url, "--code", code]
        return subprocess.run(command, cwd=TREE, capture_output=True, text=True, timeout=SECONDS)

    def declare(self, count: int = 1, *, signing: str = "none") -> list[UUID]:
        """Attempts of new documents, told on entry's topic."""
        attempts = [uuid4() for _ in range(count)]
        events = [self._declared(attempt, signing) for attempt in attempts]
        tenant_id = UUID(self.tenant.id)
        asyncio.run(publish(self.platform.servers.bootstrap, "entry", events, tenant_id=tenant_id))
        return attempts

    def _declared(self, attempt_id: UUID, signing: str) -> DocumentDeclared:
        document, route = _EXAMPLE["document"], self.enterprise["route"]
        assert isinstance(document, dict)
        assert isinstance(route, dict)
        head = document["head"]
        assert isinstance(head, dict)
        internal_no = f"OK-{attempt_id.hex[:20]}"
        declaring = {
            "declaring_code": self.enterprise["customs_code"],
            "declaring_uscc": self.enterprise["uscc"],
        }
        changes = {
            "tenant_id": self.tenant.id,
            "enterprise_id": self.enterprise["id"],
            "internal_no": internal_no,
            "document": {**document, "head": {**head, **declaring, "internal_no": internal_no}},
            "attempt_id": str(attempt_id),
            "document_id": str(uuid4()),
            "route": {**route, "signing": signing},
        }
        return DocumentDeclared.model_validate({**_EXAMPLE, **changes})

    def shown(self, agent: Agent) -> dict[str, Any]:
        found: dict[str, Any] = self.tenant.admin.get(f"/v1/site-agents/{agent.id}").json()
        return found

    def revoke(self, agent: Agent) -> None:
        path = f"/v1/site-agents/{agent.id}"
        seen = {"if-match": self.tenant.admin.get(path).headers["etag"]}
        answer = self.tenant.admin.send("POST", f"{path}/revocation", headers=seen)
        assert answer.status_code == 200, answer.text

    def said(self) -> str:
        return "\n".join([self.platform.said(), *(agent.output()[-4000:] for agent in self.agents)])


@dataclass
class Agent:
    """As a process. `killing`: steps after which it kills itself, one each life, as tests/support/site_agent_process.py says."""

    home: Path
    id: str
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, killing: str | None = None) -> None:
        module = "agent" if killing is None else "tests.support.site_agent_process"
        command = [sys.executable, "-P", "-m", module, "run", "--home", str(self.home)]
        environment = {**os.environ, "PYTHONPATH": str(TREE), "KILL_AFTER": killing or ""}
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=TREE, env=environment, stdout=log, stderr=log)

    def ended(self) -> int | None:
        return self.process.poll() if self.process is not None else 0

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def status(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "agent", "status", "--home", str(self.home)]
        return subprocess.run(command, cwd=TREE, capture_output=True, text=True, timeout=SECONDS)

    def status_json(self) -> str:
        """What it last said of itself; empty before it said anything."""
        status = self.home / "status.json"
        return status.read_text(encoding="utf-8") if status.exists() else ""

    def orders(self) -> int:
        """How often its cards were asked to sign."""
        if not (self.home / "journal.sqlite").exists():
            return 0
        with closing(sqlite3.connect(self.home / "journal.sqlite")) as journal:
            count: int = journal.execute("SELECT count(*) FROM orders").fetchone()[0]
        return count

    def output(self) -> str:
        log = self.home / "log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


@contextmanager
def site_of(platform: Platform, folder: Path, faults: Faults | None = None) -> Iterator[Site]:
    """A tenant with one enterprise; agents that still run are killed at the end."""
    tenant = new_tenant(platform.identity)
    content = enterprise()
    content["route"]["card_no"] = "2" + "".join(secrets.choice("0123456789") for _ in range(12))
    made = tenant.admin.made("/v1/enterprises", content)
    with ExitStack() as stack:
        link = stack.enter_context(running_link(platform.routes(), faults))
        site = Site(platform, tenant, made, link, folder / made["route"]["mailbox"], stack)
        try:
            yield site
        finally:
            for agent in site.agents:
                agent.kill()
