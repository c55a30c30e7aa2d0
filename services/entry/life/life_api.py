"""HTTP in: what follows an approval, and what goes before a declaration: rounds, review, versions, adoption, marks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.beside import beside_loop
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, Operation, operation
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound, Refusal
from contracts.answers.documents import (
    DocumentAsked,
    DocumentDiff,
    DocumentSaved,
    DocumentVersions,
    DocumentWhole,
)
from contracts.answers.rules import ReviewRules, SetReviewRule
from contracts.permissions import DOCUMENT_READ, TENANT_MANAGE
from contracts.problems import Problem, problem
from customs.documents import KINDS, Kind
from customs.documents.comparing import compare
from customs.documents.life import Purpose
from customs.documents.values import UnfitError, reader
from services.entry.document import directory, opening, versions
from services.entry.document.free_text import FreeText
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import (
    UNFIT_DRAFT,
    AlreadyHere,
    EnterpriseSuspended,
    EnterpriseUnclear,
    NoOpenRound,
    NoSuchRound,
    NotAskable,
    NothingToResolve,
    NotReviewable,
    OwnReview,
    RoundNotPossible,
)
from services.entry.document.store import Document
from services.entry.life import adoption, progress, reads, reviews, rounds, uploads
from services.entry.life.adoption import Adoption

_ROUND_PATHS = {
    Purpose.CHANGE: ("change-requests", "变更"),
    Purpose.CANCELLATION: ("cancellation-requests", "删除或作废"),
    Purpose.CLOSURE: ("closure-requests", "结案"),
}


class RoundOrder(BaseModel):
    """Why the round is opened; kept with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: FreeText = Field(min_length=2, max_length=500, title="申请原因")


class ReviewComment(BaseModel):
    """What the other person should know."""

    model_config = ConfigDict(extra="forbid", strict=True)

    comment: FreeText = Field(default="", max_length=500, title="意见")


class Mark(BaseModel):
    """What a person knows although no receipt told it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fields: dict[str, str] = Field(min_length=1, max_length=10, title="登记内容")
    reason: FreeText = Field(min_length=2, max_length=500, title="依据")


class ReviewRule(BaseModel):
    """Whether documents need a second person before they are declared."""

    model_config = ConfigDict(extra="forbid", strict=True)

    required: bool = Field(title="是否需要复核")


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """The life of documents of this kind; `pool` is None where only the schema is wanted."""
    return _Routes(kind, pool, wake).router()


class _Routes(KindRoutes):
    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}", tags=[self._kind.name])
        one = "/{document_id}"
        for purpose, (path, label) in _ROUND_PATHS.items():
            if purpose not in self._kind.life.rounds:
                router.add_api_route(
                    f"{one}/{path}", self._absent(label), methods=["POST"], include_in_schema=False
                )
                continue
            opened = operation(
                self._id("open", purpose.value.capitalize()),
                self._of_kind(DocumentAsked),
                status=202,
                body=RoundOrder,
                headers=[KEY, SEEN],
                refuses=[RoundNotPossible, EnterpriseSuspended],
            )
            router.add_api_route(f"{one}/{path}", self._opening(purpose), methods=["POST"], **opened)
        adopted = operation(
            self._id("adopt"),
            self._of_kind(DocumentSaved),
            status=201,
            body=Adoption,
            headers=[KEY],
            refuses=[*UNFIT_DRAFT, AlreadyHere],
        )
        versions = operation(self._id("list", "Versions"), DocumentVersions)
        for path, endpoint, method, described in (
            ("/adoptions", self.adopt, "POST", adopted),
            (f"{one}/withdrawals", self.withdraw, "POST", self._acting("withdraw", "Round", NoOpenRound)),
            (f"{one}/review-requests", self.request_review, "POST", self._reviewing("request")),
            (f"{one}/review-recalls", self.recall_review, "POST", self._reviewing("recall")),
            (f"{one}/review-approvals", self.approve, "POST", self._reviewing("approve")),
            (f"{one}/review-rejections", self.reject, "POST", self._reviewing("reject")),
            (f"{one}/marks", self.mark, "POST", self._acting("mark", "", NothingToResolve, body=Mark)),
            (f"{one}/resend-requests", self.ask_again, "POST", self._asking()),
            (f"{one}/versions", self.versions, "GET", versions),
            (f"{one}/diff", self.diff, "GET", operation(self._id("compare", "Versions"), DocumentDiff)),
        ):
            # Where a kind has none of it, the address only says so.
            shown = described["operation_id"] not in self._never()
            router.add_api_route(path, endpoint, methods=[method], include_in_schema=shown, **described)
        return router

    def _never(self) -> set[str]:
        """What documents of this kind can never be done with."""
        never = set() if self._kind.life.rounds else {self._id("withdraw", "Round")}
        return never if self._kind.life.markable else never | {self._id("mark")}

    def _acting(
        self, verb: str, rest: str = "", *refuses: type[Refusal], body: type[BaseModel] = ReviewComment
    ) -> Operation:
        whole = self._of_kind(DocumentWhole)
        return operation(self._id(verb, rest), whole, body=body, headers=[KEY, SEEN], refuses=refuses)

    def _reviewing(self, verb: str) -> Operation:
        return self._acting(verb, "Review", NotReviewable, OwnReview)

    def _asking(self) -> Operation:
        return operation(
            self._id("request", "Receipts"),
            self._of_kind(DocumentAsked),
            status=202,
            body=ReviewComment,
            headers=[KEY, SEEN],
            refuses=[NotAskable, EnterpriseSuspended],
        )

    def _absent(self, label: str) -> Callable[..., Awaitable[Response]]:
        known = "、".join(spec.label for spec in self._kind.life.rounds.values())
        possible = f"可以申请：{known}" if known else "申报后不能再提出申请"

        async def refuse(document_id: UUID, caller: Caller) -> Response:
            raise NoSuchRound(f"{self._kind.label}不能{label}；{possible}")

        return refuse

    def _opening(self, purpose: Purpose) -> Callable[..., Awaitable[Response]]:
        spec = self._kind.life.rounds[purpose]

        async def open_round(request: Request, document_id: UUID, caller: Caller) -> Response:
            version = if_match(request)
            body = await read_json(request)
            given = bodies.parse(RoundOrder, body)

            async def work(connection: Connection) -> Reply:
                row, attempt_id = await rounds.open_round(
                    connection, caller, self._kind, document_id, version, purpose, given.reason
                )
                return self._asked(row, attempt_id)

            return await self._once(request, caller, f"{purpose.value} {document_id}", body, work)

        open_round.__doc__ = f"Ask for {spec.label}. A 变更 opens a working copy to edit and declare; the others are sent at once."
        return open_round

    async def adopt(
        self,
        request: Request,
        caller: Caller,
        enterprise_id: UUID | None = None,
        team_id: UUID | None = None,
        client_id: UUID | None = None,
    ) -> Response:
        """Take over a document that was declared on the official page (接管)."""
        body = await read_json(request)
        given = bodies.parse(Adoption, body)
        owner = Owner(enterprise_id, team_id, client_id)

        async def work(connection: Connection) -> Reply:
            await directory.require_known(connection, owner)
            saved = await adoption.adopt(connection, caller, self._kind, owner, given, len(body))
            content = reads.whole(DocumentSaved, saved.document, warnings=saved.warnings)
            return self._located(201, saved.document, content)

        return await self._once(request, caller, f"adopt {owner}", body, work)

    async def withdraw(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Give up the open round; the approved version stays as it is (撤回申请)."""
        version = if_match(request)
        body = await read_json(request)
        bodies.parse(ReviewComment, body)

        async def work(connection: Connection) -> Reply:
            return self._told(await rounds.withdraw(connection, caller, self._kind, document_id, version))

        return await self._once(request, caller, f"withdraw {document_id}", body, work)

    async def request_review(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Ask another person to look at exactly this version (提交复核)."""
        return await self._review(request, document_id, caller, "requested")

    async def recall_review(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Take the question back (撤回复核)."""
        return await self._review(request, document_id, caller, "recalled")

    async def approve(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Find it right (复核通过). Not by who asked or edited."""
        return await self._review(request, document_id, caller, "approved")

    async def reject(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Find it wrong (复核不通过)."""
        return await self._review(request, document_id, caller, "rejected")

    async def _review(
        self, request: Request, document_id: UUID, caller: Principal, action: reviews.Action
    ) -> Response:
        version = if_match(request)
        body = await read_json(request)
        given = bodies.parse(ReviewComment, body)

        async def work(connection: Connection) -> Reply:
            return self._told(
                await reviews.act(connection, caller, self._kind, document_id, version, action, given.comment)
            )

        return await self._once(request, caller, f"review {action} {document_id}", body, work)

    async def mark(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Note by hand what no receipt told, e.g. 报关单 declared or released; kept with who and why (人工登记)."""
        version = if_match(request)
        body = await read_json(request)
        given = bodies.parse(Mark, body)
        fields = _marked(self._kind, given)

        async def work(connection: Connection) -> Reply:
            return self._told(
                await progress.mark(
                    connection, caller, self._kind, document_id, version, fields, given.reason
                )
            )

        return await self._once(request, caller, f"mark {document_id}", body, work)

    async def ask_again(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Ask the authority to send the receipts again (请求补发回执, INV141)."""
        version = if_match(request)
        body = await read_json(request)
        bodies.parse(ReviewComment, body)

        async def work(connection: Connection) -> Reply:
            row, attempt_id = await uploads.ask_again(connection, caller, self._kind, document_id, version)
            return self._asked(row, attempt_id)

        return await self._once(request, caller, f"resend {document_id}", body, work)

    async def versions(self, document_id: UUID, caller: Caller) -> Response:
        """The working copy, the approved version, every snapshot sent, and the rounds (历史版本)."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            content = await versions.listed(connection, row)
        return answer(200, content, etag=etag(row.version)).response()

    async def diff(
        self, document_id: UUID, caller: Caller, old: str = "approved", new: str = "working"
    ) -> Response:
        """What differs between two versions: working, approved, or the number of a sending (版本比较)."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            before = await versions.version_of(connection, row, old)
            after = await versions.version_of(connection, row, new)
        differences = await beside_loop(
            len(row.content), lambda: compare(self._kind, before, after).as_json()
        )
        content = DocumentDiff.model_validate({"old": old, "new": new, **differences})
        return answer(200, content, etag=etag(row.version)).response()

    def _told(self, row: Document) -> Reply:
        return self._located(200, row, reads.whole(DocumentWhole, row))

    def _asked(self, row: Document, attempt_id: UUID | None) -> Reply:
        return self._located(202, row, reads.whole(DocumentAsked, row, attempt_id=attempt_id))


def _marked(kind: Kind, given: Mark) -> dict[str, str]:
    """The fields in normal form. Raises InvalidRequest with every field that cannot be marked so."""
    head = kind.section("head").fields
    found: dict[str, str] = {}
    wrong: list[Problem] = []
    for name, value in given.fields.items():
        pointer = f"/fields/{name[:80]}"
        if name not in kind.life.markable:
            wrong.append(problem("unknown_field", pointer, field=f"「{name[:40]}」"))
            continue
        try:
            found[name] = str(reader(head[name])(value))
        except UnfitError as unfit:
            wrong.append(
                problem(unfit.code, pointer, field=f"「{head[name].label}」", **unfit.values_of_text)
            )
    if wrong:
        raise InvalidRequest(problems=wrong)
    return found


def review_rules(pool: Pool | None) -> APIRouter:
    """`/v1/review-rules`: per enterprise and kind, whether a second person must look first."""
    router = APIRouter(prefix="/v1/review-rules", tags=["review-rules"])

    def ready() -> Pool:
        assert pool is not None
        return pool

    @router.get("", summary="Rules of the tenant", **operation("listReviewRules", ReviewRules))
    async def list_rules(caller: Caller) -> Response:
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            found = await reviews.rules(connection)
        return answer(200, ReviewRules(items=found)).response()

    @router.put(
        "/{enterprise_id}/{kind_name}",
        summary="Set the rule of one enterprise and kind",
        **operation("setReviewRule", SetReviewRule, body=ReviewRule, refuses=[EnterpriseUnclear]),
    )
    async def set_rule(enterprise_id: UUID, kind_name: str, request: Request, caller: Caller) -> Response:
        caller.require(TENANT_MANAGE)
        kind = KINDS.get(kind_name)
        if kind is None:
            raise NotFound(f"没有单证种类{kind_name[:40]}")
        given = bodies.parse(ReviewRule, await read_json(request))
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            await enterprise_of(connection, Owner(enterprise_id), {})
            await reviews.set_rule(connection, caller, enterprise_id, kind, required=given.required)
        told = SetReviewRule(enterprise_id=enterprise_id, kind=kind.name, required=given.required)
        return answer(200, told).response()

    return router
