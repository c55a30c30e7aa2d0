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
