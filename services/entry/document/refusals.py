"""What entry refuses, with the words a clerk reads."""

from __future__ import annotations

from backbone.refusals import Refusal


class InternalNumberTaken(Refusal):
    status = 409
    code = "internal_number_taken"
    title = "企业内部编号已被使用"
    hint = "同一企业同类单证的内部编号不能重复；请换一个编号，或打开已有的单证"


class InternalNumberFixed(Refusal):
    status = 409
    code = "internal_number_fixed"
    title = "企业内部编号不能再修改"
    hint = "单一窗口已按原编号登记；如需新的编号，请复制为新单证"


class EnterpriseUnclear(Refusal):
    status = 422
    code = "enterprise_unclear"
    title = "无法确定由哪个企业申报"
    hint = "请填写申报企业编码（head.declaring_code），或以查询参数enterprise_id指定"


class EnterpriseSuspended(Refusal):
    status = 409
    code = "enterprise_suspended"
    title = "该企业已停用"
    hint = "请联系管理员启用该企业"


class NotEditable(Refusal):
    status = 409
    code = "not_editable"
    title = "单证当前状态不能修改"
    hint = "只有草稿、已暂存、发送失败、入库失败和退单的单证可以修改"


class NoUndoableImport(Refusal):
    status = 409
    code = "no_undoable_import"
    title = "没有可以撤销的导入"
    hint = "只有导入人可以撤销，且导入之后单证没有再修改过；否则请直接修改单证"


class NotDeletable(Refusal):
    status = 409
    code = "not_deletable"
    title = "单证不能删除"
    hint = "只有从未送达单一窗口的草稿可以删除"


class AlreadyUnderWay(Refusal):
    status = 409
    code = "already_under_way"
    title = "单证已在发送或海关处理中，不能重复申报"
    hint = "请等待本次申报的结果；重复申报会造成重复单证"


class NotStageable(Refusal):
    status = 409
    code = "not_stageable"
    title = "单证当前状态不能暂存到单一窗口"
    hint = "请先查看单证的状态和可用操作"


class NothingToResolve(Refusal):
    status = 409
    code = "nothing_to_resolve"
    title = "单证没有需要人工认定的结果"
    hint = "只有结果不明、逾期未回或有未归属回执的单证需要认定"


class RoundNotPossible(Refusal):
    status = 409
    code = "round_not_possible"
    title = "现在不能提出该申请"
    hint = "请查看单证的状态和可用操作（actions）"


class NoSuchRound(Refusal):
    status = 404
    code = "no_such_round"
    title = "该类单证没有这种申请"
    hint = "请查看单证的可用操作（actions）；海关对每类单证只受理其规定的申请"


class NoOpenRound(Refusal):
    status = 409
    code = "no_open_round"
    title = "没有可以撤回的申请"
    hint = "只有尚未送达海关，或已被退回的申请可以撤回"


class ReviewRequired(Refusal):
    status = 409
    code = "review_required"
    title = "该单证须经复核后才能申报"
    hint = "请提交复核，由另一人复核通过后再申报；修改单证会使复核失效"


class NotReviewable(Refusal):
    status = 409
    code = "not_reviewable"
    title = "单证当前不能做该项复核操作"
    hint = "请查看单证的复核状态"


class OwnReview(Refusal):
    status = 403
    code = "own_review"
    title = "不能复核自己提交或编辑的单证"
    hint = "请由另一位有复核权限的人员复核"


class AlreadyHere(Refusal):
    status = 409
    code = "already_here"
    title = "该单证已在本系统中"
    hint = "请打开已有的单证，不需要接管"


class NotAskable(Refusal):
    status = 409
    code = "not_askable"
    title = "不能请求补发回执"
    hint = "只有已取得预录入统一编号的单证可以请求补发回执"


class SourceNotUsable(Refusal):
    status = 409
    code = "source_not_usable"
    title = "不能由该单证生成"
    hint = "请查看来源单证的状态和余量（remaining）"


UNFIT_DRAFT = (EnterpriseUnclear, EnterpriseSuspended, InternalNumberTaken)
"""What stands against a new draft."""
FIXED = (NotEditable, InternalNumberFixed)
"""What stands against another working copy."""
