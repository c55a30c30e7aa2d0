"""What identity refuses, beyond what every service may refuse."""

from __future__ import annotations

import math

from backbone.refusals import Refusal
from contracts.problems import Problem


class InvalidCredentials(Refusal):
    """Whether the tenant, the login or the password was wrong is not told."""

    status = 401
    code = "invalid_credentials"
    title = "单位、登录名或密码不正确"
    hint = "请核对后重新登录；忘记密码请联系本单位管理员重置"

    def __init__(self) -> None:
        super().__init__(headers={"www-authenticate": 'Bearer realm="bondgate"'})


class AccountSuspended(Refusal):
    """Told only to who has shown the right password or secret."""

    status = 403
    code = "account_suspended"
    title = "账号已停用"
    hint = "请联系本单位管理员或平台运营方恢复使用"


class TooManyAttempts(Refusal):
    status = 429
    code = "too_many_attempts"
    title = "登录失败次数过多，暂时不能登录"
    hint = "请在Retry-After所示秒数之后再试；忘记密码请联系本单位管理员重置"

    def __init__(self, seconds: float) -> None:
        wait = max(1, math.ceil(seconds))
        super().__init__(f"请{wait}秒后再试", headers={"retry-after": str(wait)})


class OtherLoginRequired(Refusal):
    """Told only to who has shown the right password, or the right card."""

    status = 403
    code = "other_login_required"
    title = "本单位要求用其他方式登录"

    def __init__(self, login_by: str) -> None:
        ways = {"card": "请插卡登录", "password": "请用密码登录", "both": "请同时提供密码和登录卡"}
        super().__init__(ways.get(login_by, ""))

    hint = "登录方式由本单位管理员设定"


class NoCardOfOnesOwn(Refusal):
    """Who asks everybody for a card must be able to log in after it."""

    status = 409
    code = "no_card_of_ones_own"
    title = "您本人还没有绑定有效的登录卡"
    hint = "请先绑定本人的登录卡，再要求全单位用卡登录"


class LoginElsewhere(Refusal):
    status = 404
    code = "login_elsewhere"
    title = "本平台使用外部身份认证"
    hint = "请到外部身份认证系统登录并取得令牌"


class AlreadyTaken(Refusal):
    """Something that must be unique within the tenant is there already; `errors[]` says what."""

    status = 409
    code = "already_taken"
    title = "资料与已有的重复"
    hint = "请核对是否已经登记；已停用的资料也占用编号和名称"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, problems=[problem])


class MailboxTaken(Refusal):
    """A mailbox has one owner on the platform; whose it is is not told."""

    status = 409
    code = "mailbox_taken"
    title = "该收发目录名已被占用"
    hint = "请换一个收发目录名；每个操作卡的导入客户端使用各自的目录"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, problems=[problem])


class EnrolmentRefused(Refusal):
    """Whether the code was never given, is used or ran out is not told."""

    status = 403
    code = "enrolment_refused"
    title = "登记码无效"
    hint = "登记码只能使用一次且有期限，请管理员重新生成登记码"


class AgentRevoked(Refusal):
    status = 409
    code = "agent_revoked"
    title = "该现场代理已吊销"
    hint = "吊销不能撤回，请新建现场代理并重新登记"


class TenantExists(Refusal):
    status = 409
    code = "tenant_exists"
    title = "该单位代号已被使用"
    hint = "请换一个单位代号，或使用已有的单位"


class StillAssigned(Refusal):
    status = 409
    code = "still_assigned"
    title = "该角色仍分配给用户或接口客户端，不能删除"
    hint = "请先从这些用户和接口客户端上取消该角色"


class LastAdministrator(Refusal):
    status = 409
    code = "last_administrator"
    title = "这样修改后本单位将没有可用的管理员"
    hint = "请先让另一名在用用户拥有不限范围的管理权限"


class NotAUser(Refusal):
    status = 409
    code = "not_a_user"
    title = "只有以密码登录的用户才能修改密码"
    hint = "接口客户端请更换密钥；外部身份认证的用户请到其系统中修改"


class NoSession(Refusal):
    status = 409
    code = "no_session"
    title = "本次请求不属于网页登录"
    hint = "网页请以 POST /v1/session 登录；程序以 GET /v1/me 查询自己的身份"


class NotFromThePage(Refusal):
    """Another site could have caused it: the browser sends the cookie by itself, and this header never."""

    status = 403
    code = "not_from_the_page"
    title = "该请求不是由本系统的网页发出的"
    hint = "网页发出的每个修改请求都应带请求头 X-Bondgate-Page；程序请改用 Authorization: Bearer"


class PreferencesFull(Refusal):
    status = 409
    code = "preferences_full"
    title = "保存的设置过多"
    hint = "请先删除不再使用的设置"
