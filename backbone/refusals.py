"""Refusals: errors a caller can act on. Each class is one stable code with its HTTP status and Chinese words.

A refusal lives beside what raises it; here are the ones every service may need. `REFUSALS` feeds the error reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from contracts.problems import Problem

REFUSALS: dict[str, type[Refusal]] = {}


class Refusal(Exception):
    """Rendered as RFC 9457 problem details. `problems` become `errors[]`; `extra` are further members."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    hint: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        code = cls.__dict__.get("code")
        if code is None:
            return
        if code in REFUSALS:
            raise TypeError(f"refusal {code} declared twice")
        REFUSALS[code] = cls

    def __init__(
        self,
        detail: str = "",
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class InvalidRequest(Refusal):
    """Something in the body or the query is wrong; `errors[]` says what, everything at once."""

    status = 422
    code = "invalid_request"
    title = "请求内容有误"
    hint = "请按errors中逐条列出的位置和说明改正后重新提交"


class UnsupportedMediaType(Refusal):
    status = 415
    code = "unsupported_media_type"
    title = "请求内容的类型不支持"
    hint = "请以 Content-Type: application/json 提交UTF-8编码的JSON"


class UnsupportedEncoding(Refusal):
    status = 415
    code = "unsupported_content_encoding"
    title = "请求内容的压缩方式不支持"
    hint = "请以 Content-Encoding: gzip 或 zstd 提交，或不压缩"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"accept-encoding": "gzip, zstd"})


class BodyNotUnpackable(Refusal):
    status = 400
    code = "body_not_unpackable"
    title = "请求内容无法解压"
    hint = "请核对Content-Encoding与内容是否一致，重新压缩后提交，或不压缩"


class BodyStalled(Refusal):
    """Its connection is closed: what may still come would be taken for the next request."""

    status = 408
    code = "body_stalled"
    title = "请求内容没有传完"
    hint = "请检查网络后，以同一Idempotency-Key重新提交"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"connection": "close"})


class BodyTooLarge(Refusal):
    status = 413
    code = "body_too_large"
    title = "请求内容过大"
    hint = "请拆分为多份单证分别提交"


class Unauthenticated(Refusal):
    status = 401
    code = "unauthenticated"
    title = "未登录或登录已失效"
    hint = "请重新登录取得新的令牌，以 Authorization: Bearer 传送"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"www-authenticate": 'Bearer realm="bondgate"'})


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = "没有执行该操作的权限"
    hint = "请联系本单位的管理员授权"


class NotFound(Refusal):
    """Also for what exists but belongs to somebody else: whether it exists is not told."""

    status = 404
    code = "not_found"
    title = "没有找到"
    hint = "请核对编号；其他单位的资料不会显示"


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"
    title = "该地址不支持这种请求方法"
    hint = "请查阅接口说明"


class IdempotencyKeyMissing(Refusal):
    status = 400
    code = "idempotency_key_missing"
    title = "缺少请求头 Idempotency-Key"
    hint = "每个新操作使用一个新的键（例如UUID）；重试同一操作时使用原来的键"


class IdempotencyKeyUnfit(Refusal):
    status = 400
    code = "idempotency_key_unfit"
    title = "请求头 Idempotency-Key 的内容不符合要求"
    hint = "请使用1至200个半角字母、数字或符号，例如UUID"


class IdempotencyKeyReused(Refusal):
    status = 422
    code = "idempotency_key_reused"
    title = "该 Idempotency-Key 已用于内容不同的请求"
    hint = "新的操作请使用新的键"


class IdempotencyKeyInFlight(Refusal):
    status = 409
    code = "idempotency_key_in_flight"
    title = "使用同一 Idempotency-Key 的请求正在处理"
    hint = "请稍候以同一键重试，会得到第一次请求的结果"

    def __init__(self) -> None:
        super().__init__(headers={"retry-after": "1"})


class IfMatchMissing(Refusal):
    status = 428
    code = "if_match_missing"
    title = "缺少请求头 If-Match"
    hint = "请先读取单证，将响应头 ETag 的值放入 If-Match，以免覆盖他人的修改"


class StaleVersion(Refusal):
    status = 412
    code = "stale_version"
    title = "内容已被更新"
    hint = "可能由他人修改，或收到了海关回执；请重新读取，在最新内容上修改后再提交"


class Unavailable(Refusal):
    status = 503
    code = "unavailable"
    title = "服务暂时不可用"
    hint = "请稍后以同一 Idempotency-Key 重试；已成功的操作不会重复"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"retry-after": "2"})


class InternalError(Refusal):
    status = 500
    code = "internal_error"
    title = "系统内部错误"
    hint = "请稍后重试；如仍失败，请将request_id告知技术支持"
