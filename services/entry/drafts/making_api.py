"""HTTP in: documents made from others, what is left of a document, and 归并."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.beside import beside_loop
from backbone.bodies import inlined
from backbone.http import Reply, answer, etag, parse_object, read_json
from backbone.idempotency import answered
from backbone.operations import KEY, Operation, Schema, operation
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound
from contracts.answers.answer import of_kind
from contracts.answers.drafts import DocumentMade, EntryLine, MadeFrom, MergePart, MergePreview, Remaining
from contracts.permissions import DOCUMENT_WRITE
from contracts.problems import Problem, problem
from customs.documents import KINDS, JsonObject, Kind, Profile
from customs.documents.findings import Findings
from customs.documents.making import GOODS, Making
from customs.documents.merging import Merge, Merged, MergeOrder
from customs.documents.schema import component_of, document_body, operation_id
from services.entry.document.checking import checked
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.refusals import UNFIT_DRAFT, SourceNotUsable
from services.entry.drafts import making
from services.entry.drafts.making import GatherOrder, MadeDraft, MakeOrder
from services.entry.life import reads
from services.entry.relations import remaining

Endpoint = Callable[..., Awaitable[Response]]


class MergeWish(BaseModel):
    """How to merge, beside the `document` itself."""

    model_config = ConfigDict(extra="forbid", strict=True)

    numbering: Literal["keep", "close", "anew"] = Field(
        default="keep",
        title="编号方式",
        description="keep: 保留已填的报关单商品序号; close: 保留分组并重新编号; anew: 重新归并",
    )
    apart: list[int] = Field(default_factory=list, max_length=10_000, title="不归并的商品序号")


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """What the kind is made into and made from; `pool` is None where only the schema is wanted."""
    return _Routes(kind, pool, wake).router()


class _Routes(KindRoutes):
    def router(self) -> APIRouter:
        kind = self._kind
        router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])
        onward = remaining.makings_of(kind)
        found: list[tuple[str, Endpoint, str, Operation]] = [
            (
                f"/{{document_id}}/{target.url}",
                self._making(target, by),
                "POST",
                _makes(operation_id("make", target, f"From{component_of(kind)}"), target, MakeOrder),
            )
            for target, by in onward
        ]
        for by in kind.made_from:
            source = KINDS[by.source]
            if by.several:
                gathered = _makes(
                    operation_id("gather", kind, f"From{component_of(source)}"), kind, GatherOrder
                )
                found.append((f"/from-{source.url}", self._gathering(by), "POST", gathered))
        if onward:
            left = operation(self._id("read", "Remaining"), Remaining)
            found.append(("/{document_id}/remaining", self.remaining, "GET", left))
        if kind.made_from:
            origin = operation(self._id("read", "Origin"), MadeFrom)
            found.append(("/{document_id}/made-from", self.made_from, "GET", origin))
        if kind.merge is not None:
            merging = operation(self._id("preview", "Merge"), MergePreview, body=_merge_body(kind))
            found.append(("/merge-preview", self._merging(kind.merge), "POST", merging))
        for path, endpoint, method, described in found:
            router.add_api_route(path, endpoint, methods=[method], **described)
        return router

    def _making(self, target: Kind, by: Making) -> Endpoint:
        async def make(request: Request, document_id: UUID, caller: Caller) -> Response:
            body = await read_json(request)
            order = bodies.parse(MakeOrder, body)
            return await self._make(request, caller, target, by, [document_id], order, body)

        make.__doc__ = f"A draft of {target.label} from this {self._kind.label}: rows and quantities as chosen, else what is left."
        return make

    def _gathering(self, by: Making) -> Endpoint:
        async def gather(request: Request, caller: Caller) -> Response:
            body = await read_json(request)
            order = bodies.parse(GatherOrder, body)
            return await self._make(request, caller, self._kind, by, order.ids, order, body)

        gather.__doc__ = (
            f"One draft of {self._kind.label} from several {KINDS[by.source].label}, each taken whole."
        )
        return gather

    async def _make(
        self,
        request: Request,
        caller: Principal,
        target: Kind,
        by: Making,
        ids: Sequence[UUID],
        order: MakeOrder,
        body: bytes,
    ) -> Response:
        async def work(connection: Connection) -> Reply:
            made = await making.make(connection, caller, target, by, ids, order)
            row = made.document
            location = f"/v1/{target.url}/{row.document_id}"
            return answer(201, _told(made), location=location, etag=etag(row.version))

        from_one = ids[0] if request.path_params else "several"
        route = f"{target.name} make from {by.source} {from_one}"
        return await answered(self._pool, self._wake, request, caller, route=route, body=body, work=work)

    async def remaining(self, document_id: UUID, caller: Caller) -> Response:
        """Row by row what others hold of the approved document, what has passed the gate, and what is left (余量)."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            content = await remaining.remaining(connection, caller, self._kind, document_id)
        return answer(200, content).response()

    async def made_from(self, document_id: UUID, caller: Caller) -> Response:
        """The documents this one was made from, and which of their rows fed each of its rows (来源)."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            content = await making.made_from(connection, caller, self._kind, document_id)
        return answer(200, content).response()

    def _merging(self, merge: Merge) -> Endpoint:
        async def preview(request: Request, caller: Caller) -> Response:
            """归并 without saving: the goods with their 报关单商品序号 and the rows of the 报关单草稿, ready to be saved.

            `errors` and `warnings` point into the document; `parts` proposes how to split one with too many rows.
            """
            caller.require_anywhere(DOCUMENT_WRITE)
            body = await read_json(request)
            given = parse_object(body)
            document = given.pop("document", None)
            wish = bodies.parse(MergeWish, orjson.dumps(given))
            if not isinstance(document, dict):
                raise InvalidRequest(
                    problems=[problem("wrong_type", "/document", field="「单证」", expected="JSON对象")]
                )
            result = await checked(self._kind, document, Profile.SAVE, len(body))
            goods = [each for each in result.problems if each.pointer.split("/")[1:2] == [GOODS]]
            if goods:
                return answer(200, _preview(Merged(), goods, ())).response()
            findings = Findings(self._kind)
            order = _merge_order(wish, result.document)
            merged = await beside_loop(len(body), merge, result.document, order, findings)
            return answer(200, _preview(merged, findings.problems(), findings.warnings())).response()

        return preview


def _merge_order(wish: MergeWish, document: JsonObject) -> MergeOrder:
    """Raises InvalidRequest for numbers that no row has."""
    rows = document[GOODS]
    known = {row.get("line_no") for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()
    wrong = [
        problem("unknown_reference", f"/apart/{place}", field="「商品序号」", value=number)
        for place, number in enumerate(wish.apart)
        if number not in known
    ]
    if wrong:
        raise InvalidRequest(problems=wrong)
    return MergeOrder(wish.numbering, frozenset(wish.apart))


def _preview(merged: Merged, errors: Sequence[Problem], warnings: Sequence[Problem]) -> MergePreview:
    # Rows are in normal form already: nothing is looked at again.
    return MergePreview.model_construct(
        ok=not errors,
        entry_lines=len(merged.lines),
        goods=list(merged.goods),
        declaration_rows=list(merged.declaration_rows),
        lines=[EntryLine(line_no=line.line_no, goods=list(line.goods)) for line in merged.lines],
        parts=[MergePart(entry_lines=part.entry_lines, goods=list(part.goods)) for part in merged.parts],
        errors=list(errors),
        warnings=list(warnings),
    )


def _told(made: MadeDraft) -> DocumentMade[Any]:
    return reads.whole(
        DocumentMade,
        made.document,
        warnings=made.warnings,
        made_from={"sources": made.sources, "fed": made.fed},
        to_complete=made.to_complete,
    )


def _makes(name: str, target: Kind, order: type[MakeOrder]) -> Operation:
    made = of_kind(DocumentMade, target.model)
    # A source that is not there is named in the path or, where several are gathered, in the body.
    refuses = [*UNFIT_DRAFT, SourceNotUsable, NotFound]
    return operation(name, made, status=201, body=order, headers=[KEY], refuses=refuses)


def _merge_body(kind: Kind) -> Schema:
    schema = inlined(MergeWish)
    properties = {"document": document_body(kind), **schema["properties"]}
    return Schema({**schema, "properties": properties, "required": ["document"]})
