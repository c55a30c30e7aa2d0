"""What reference refuses."""

from __future__ import annotations

from backbone.refusals import Refusal


class RecordTaken(Refusal):
    """There is a record of the same natural key already."""

    status = 409
    code = "record_taken"
    title = "已有相同的资料"
    hint = "请查询已有的资料并在其上修改"


class EditionOutdated(Refusal):
    status = 409
    code = "edition_outdated"
    title = "已导入更新的版本"
    hint = "请核对文件的版本；较早的版本不能覆盖较新的版本"


class NotPublished(Refusal):
    """The rules of the documents hang on this table; it comes with the release."""

    status = 409
    code = "table_of_release"
    title = "该代码表随系统版本发布"
    hint = "只有海关以表格公布的代码表可以导入新版本，见 GET /v1/codes 中的 published"


class AlreadyWithdrawn(Refusal):
    status = 409
    code = "authorisation_withdrawn"
    title = "该委托已撤销"
    hint = "撤销不能恢复；需要时请重新登记委托"
