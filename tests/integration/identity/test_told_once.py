"""Teams and client firms, 委托, and an edition of the goods codes that were there before others heard of them are told once by the migration."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest

from backbone import migrate, postgres
from backbone.postgres import PlainConnection
from contracts.events import EVENT_TYPES, Event
from contracts.events.identity import ClientRegistered, TeamRegistered
from contracts.events.reference import AuthorisationChanged, GoodsCodesPlaced, PlacedGoodsCode
from tests.support.infrastructure import TREE, Servers

pytestmark = pytest.mark.anyio
TENANT = uuid4()


async def told(connection: PlainConnection) -> list[Event]:
    rows = await connection.fetch(
        "SELECT e.* FROM outbox AS o JOIN events AS e USING (recorded_at, seq) ORDER BY o.seq"
    )
    found = [EVENT_TYPES[row["type"]].model_validate(orjson.loads(row["body"])) for row in rows]
    assert [row["key"] for row in rows] == [each.key for each in found]
    assert all(
        row["tenant_id"] == each.model_dump()["tenant_id"] for row, each in zip(rows, found, strict=True)
    )
    assert not any(row["compressed"] for row in rows)
    return found


async def before(servers: Servers, service: str, upto: str, folder: Path) -> migrate.Database:
    """A database of the service as it stood before the migration `upto`."""
    passwords = migrate.Passwords("a", "b", "c")
    made = await migrate.provision(servers.admin_dsn, f"t{uuid4().hex[:8]}_{service}", passwords)
    early = folder / service / "migrations"
    early.mkdir(parents=True)
    for path in (TREE / "services" / service / "migrations").glob("*.sql"):
        if path.name < upto:
            shutil.copy(path, early)
    await migrate.migrate(made.owner_dsn, early)
    return made


async def test_teams_and_clients(servers: Servers, tmp_path: Path) -> None:
    database = await before(servers, "identity", "0002", tmp_path)
    team, client, bare = (uuid4() for _ in range(3))
    connection = await postgres.connect(database.worker_dsn, name="test")
    try:
        await connection.execute(
            "INSERT INTO tenants (tenant_id, slug, name) VALUES ($1, 'sample', '示例')", TENANT
        )
        await connection.execute(
            "INSERT INTO teams (team_id, tenant_id, status, name, version) VALUES ($1, $2, 'suspended', '一组', 3)",
            team,
            TENANT,
        )
        for client_id, code in ((client, "3105W60ABC"), (bare, None)):
            await connection.execute(
                "INSERT INTO clients (client_id, tenant_id, status, name, customs_code) VALUES ($1, $2, 'active', '客户', $3)",
                client_id,
                TENANT,
                code,
            )
        await migrate.migrate(database.owner_dsn, TREE / "services/identity/migrations")
        found = await told(connection)
        await migrate.migrate(database.owner_dsn, TREE / "services/identity/migrations")
        assert await told(connection) == found
    finally:
        await connection.close()
    teams = [each for each in found if isinstance(each, TeamRegistered)]
    clients = [each for each in found if isinstance(each, ClientRegistered)]
    assert [(each.team_id, each.version, each.status) for each in teams] == [(team, 3, "suspended")]
    assert {each.client_id: each.customs_code for each in clients} == {client: "3105W60ABC", bare: None}
    assert len(found) == 3


async def test_authorisations(servers: Servers, tmp_path: Path) -> None:
    database = await before(servers, "reference", "0003", tmp_path)
    client: UUID = uuid4()
    connection = await postgres.connect(database.worker_dsn, name="test")
    try:
        for kinds in (None, ["inventory"]):
            await connection.execute(
                "INSERT INTO authorisations (authorisation_id, tenant_id, client_id, kinds, valid_from, valid_until, created_by) "
                "VALUES ($1, $2, $3, $4, '2026-01-01', '2026-12-31', '{}')",
                uuid4(),
                TENANT,
                client,
                kinds,
            )
        await migrate.migrate(database.owner_dsn, TREE / "services/reference/migrations")
        found = await told(connection)
    finally:
        await connection.close()
    held = [each for each in found if isinstance(each, AuthorisationChanged)]
    assert len(held) == len(found) == 2
    assert {each.kinds for each in held} == {None, ("inventory",)}
    assert {(each.client_id, str(each.valid_until)) for each in held} == {(client, "2026-12-31")}


@pytest.mark.parametrize("by", ["release", "operator"])
async def test_an_edition_of_goods_codes(servers: Servers, tmp_path: Path, by: str) -> None:
    database = await before(servers, "reference", "0005", tmp_path)
    connection = await postgres.connect(database.worker_dsn, name="test")
    try:
        for revision, edition in ((1, "2024"), (2, "2025")):
            await connection.execute(
                "INSERT INTO hs_editions (edition, valid_from, sha256, imported_by, revision) VALUES ($1, $2, '', $3, $4)",
                edition,
                date(int(edition), 1, 1),
                by,
                revision,
            )
        await connection.execute(
            "INSERT INTO hs_codes (code, name, initials, unit, second_unit, valid_from, valid_until, edition) VALUES "
            "('3901100001', '聚乙烯', '', '035', NULL, '2024-01-01', NULL, '2025'), "
            "('8471701000', '硬盘驱动器', '', '001', '035', '2024-01-01', NULL, '2025'), "
            "('8471702000', '软盘驱动器', '', '001', '035', '2024-01-01', '2024-12-31', '2024')"
        )
        await migrate.migrate(database.owner_dsn, TREE / "services/reference/migrations")
        found = await told(connection)
    finally:
        await connection.close()
    if by == "release":
        assert found == []
        return
    [event] = found
    assert isinstance(event, GoodsCodesPlaced)
    assert (event.edition, event.valid_from, event.revision) == ("2025", date(2025, 1, 1), 2)
    assert sorted(event.codes, key=lambda each: each.code) == [
        PlacedGoodsCode(code="3901100001", unit="035"),
        PlacedGoodsCode(code="8471701000", unit="001", second_unit="035"),
    ]
