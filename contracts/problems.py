"""What can be wrong with what a user sent: one shape and one catalogue for APIs, command line and docs.

Messages and hints are read by clerks and are therefore Chinese; `code` is stable and read by programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """One thing to put right. `pointer` is a JSON pointer (RFC 6901) into the sent document, "" for the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str = Field(description='JSON pointer, e.g. "/goods/0/quantity"')
    code: str = Field(description="Stable snake_case code out of PROBLEM_TEXTS")
    message: str = Field(description="Chinese sentence that names the field")
    hint: str = Field(description="Chinese sentence that says what to do")


class CellProblem(Problem):
    """A problem in a workbook. `pointer` leads into the document that the workbook says, before rows are left out."""

    sheet: str = Field(default="", description="Name of the sheet, empty for the workbook as a whole")
    cell: str = Field(default="", description="Cell as Excel names it, e.g. B7; empty for the whole sheet")


class ProblemDetails(BaseModel):
    """A refusal as it is answered, application/problem+json (RFC 9457). Some codes bring further members."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = Field(description="urn:bondgate:problem:<code>")
    title: str = Field(description="Chinese, the same for every case of the code")
    status: int
    detail: str = Field(description="Chinese, about this case")
    code: str = Field(description="Stable; new codes may come. All of them: docs/errors.md")
    hint: str = Field(description="Chinese sentence that says what to do")
    request_id: str | None = Field(default=None, description="Null where no request of its own was refused")
    errors: list[CellProblem] = Field(
        default_factory=list,
        description="Everything that is wrong, at once; with sheet and cell where a workbook was sent",
    )


@dataclass(frozen=True, slots=True)
class ProblemText:
    """Templates in `str.format` style. `{field}` is the field with its place, e.g. 表体第3行「申报数量」."""

    message: str
    hint: str


def problem(code: str, pointer: str, **values: object) -> Problem:
    """The problem of this code at this place. Raises KeyError for a code or a template value that does not exist."""
    text = PROBLEM_TEXTS[code]
    return Problem.model_construct(
        pointer=pointer,
        code=code,
        message=text.message.format_map(values),
        hint=text.hint.format_map(values),
    )


PROBLEM_TEXTS: Mapping[str, ProblemText] = MappingProxyType(
    {
        # The body as a whole
        "invalid_json": ProblemText(
            "请求内容不是有效的JSON：{detail}", "请检查括号、引号、逗号和UTF-8编码后重新提交"
        ),
        "too_many_problems": ProblemText(
            "另有{count}处问题未列出", "请先改正已列出的问题，再次提交后会列出其余问题"
        ),
        "nothing_changed": ProblemText(
            "与海关已通过的版本相比没有任何改动，不能申报{round}", "请修改后再申报，或撤回该申请"
        ),
        "too_many_rows": ProblemText("{field}共{count}行，超过上限{limit}行", "请拆分为多份单证分别申报"),
        # The query
        "unknown_parameter": ProblemText("没有名为「{field}」的查询条件", "请删除该条件，或核对名称的拼写"),
        "repeated_parameter": ProblemText("查询条件「{field}」只能出现一次", "请只保留一个值"),
        "invalid_parameter": ProblemText(
            "查询条件「{field}」的值[{value}]不正确，应为{expected}", "请改为{expected}"
        ),
        "cursor_of_another_list": ProblemText(
            "查询条件「{field}」不属于本列表和本次的查询条件",
            "请使用同一列表、相同条件的上一页给出的 next_cursor；改变条件后请从第一页开始",
        ),
        # Shape and type
        "unknown_field": ProblemText("{field}不在可提交的字段之中", "请删除该字段，或核对字段名的拼写"),
        "wrong_type": ProblemText("{field}类型不正确，应为{expected}", "请按接口说明改为{expected}"),
        "decimal_as_string": ProblemText(
            "{field}应以字符串传送，不能用JSON数字", '请加引号，例如 "12.5"，以免小数失真'
        ),
        "not_a_decimal": ProblemText(
            "{field}的值[{value}]不是规范的数字", "请填写不带千分位、不带正号和指数的十进制数字，例如 1234.5"
        ),
        "invalid_character": ProblemText(
            "{field}含有不能写入报文的控制字符（U+{codepoint}）", "请删除该字符后重新填写"
        ),
        "unseen_character": ProblemText(
            "{field}第{place}个字符是看不见的字符：{character}", "请删除该字符，或不用粘贴、重新键入"
        ),
        "wide_character": ProblemText(
            "{field}第{place}个字符「{character}」是全角字符", "请改为半角「{narrow}」，该项只用半角字符"
        ),
        # Values
        "too_long": ProblemText("{field}长度为{length}，超过{limit}（一个汉字按2计）", "请缩短到{limit}以内"),
        "wrong_length": ProblemText("{field}应为{length}位，现为{actual}位", "请核对后填写完整的{length}位"),
        "not_digits": ProblemText("{field}的值[{value}]应全部为数字", "请删除字母、空格和符号"),
        "not_a_word": ProblemText(
            "{field}的值[{value}]只能包含数字和大写字母", "请改用半角数字和大写字母，删除空格和符号"
        ),
        "wrong_checksum": ProblemText(
            "{field}的值[{value}]不是有效的统一社会信用代码（校验位不符）", "请与营业执照上的18位代码逐位核对"
        ),
        "unknown_code": ProblemText(
            "{field}的代码[{value}]不在{table}中", "请从{table}中选择有效代码{choices}"
        ),
        "code_not_in_table": ProblemText(
            "{field}的代码[{value}]不在本系统的{table}（{edition}版）中",
            "请确认是否为海关新增代码；确认无误可继续申报",
        ),
        "not_in_tariff": ProblemText(
            "{field}[{value}]不在已载入的{edition}版商品编码表中",
            "请与现行税则核对；该编码可能录错，也可能是该版之后新增或已取消的编码",
        ),
        "statutory_unit_differs": ProblemText(
            "{field}为{value}，{edition}版商品编码表中{goods_code}的该单位为{expected}",
            "请与现行税则核对，改为税则规定的法定单位；该表为旧版时只作提示，税则已调整的可继续申报",
        ),
        "code_ended": ProblemText(
            "{field}的代码[{value}]（{name}）在{edition}版{table}中已不存在，有效至{until}",
            "请改用有效的代码，如{near}",
        ),
        "too_many_digits": ProblemText("{field}共{actual}位数字，超过{limit}位", "请核对数值"),
        "too_many_decimals": ProblemText(
            "{field}小数位数为{actual}，超过{limit}位", "请四舍六入五成双到{limit}位小数"
        ),
        "not_positive": ProblemText("{field}应大于0", "请填写大于0的数"),
        "negative": ProblemText("{field}不能小于0", "请填写0或大于0的数"),
        "invalid_date": ProblemText("{field}的值[{value}]不是有效日期", "请按yyyyMMdd填写，例如 20260131"),
        "longer_than_allowed": ProblemText("{field}超过允许的长度{limit}", "请缩短到{limit}以内"),
        "shorter_than_allowed": ProblemText("{field}不足{limit}位", "请填写至少{limit}位"),
        "not_one_of": ProblemText("{field}的值不在允许的范围内", "可用的值：{expected}"),
        "unfit_value": ProblemText("{field}的值不正确：{why}", "请按接口说明填写"),
        "wrong_form": ProblemText("{field}的值[{value}]格式不正确，应为{form}", "请按要求的格式改正：{form}"),
        "unknown_reference": ProblemText(
            "{field}[{value}]不存在", "请从本单位已登记的资料中选择，并核对编号"
        ),
        "out_of_use": ProblemText("{field}[{value}]已停用", "请选择在用的资料，或请管理员恢复使用"),
        "not_authorised": ProblemText(
            "{field}[{value}]没有委托{broker}申报{kind}：{why}",
            "请核对企业编码；确有委托的，请管理员在客户资料中登记该企业的编码，并登记其委托（委托企业、单证种类、起止日期）",
        ),
        "already_taken": ProblemText("{field}[{value}]已被使用", "请核对是否重复登记；确非重复请换一个值"),
        "password_too_easy": ProblemText("{field}太容易猜到：{why}", "请换一个与姓名、登录名无关的密码"),
        # Presence
        "required": ProblemText("{field}未填写", "{purpose}时必须填写该项"),
        "required_when": ProblemText("{field}未填写：{when}", "请补填该项"),
        "must_be_empty": ProblemText("{field}不应填写：{why}", "请清空该项"),
        "must_be": ProblemText("{field}应为{expected}：{why}", "请改为{expected}"),
        "system_field": ProblemText(
            "{field}由系统填写，不能提交", "请删除该字段；系统收到海关回执后会自动填写"
        ),
        "rows_required": ProblemText("{field}至少需要一行：{why}", "请补录后再申报"),
        "section_not_allowed": ProblemText("{field}不应填写：{why}", "请删除该部分，或更正单证类型"),
        # Between fields and rows
        "duplicate_number": ProblemText(
            "{field}的序号{value}与第{first}行重复", "序号应从1起连续且不重复，请重新编号"
        ),
        "listed_twice": ProblemText(
            "{field}[{value}]与第{first}行重复",
            "同一编号在一份单证中只能出现一次，请删除重复的行，或更正编号",
        ),
        "repeated_within": ProblemText(
            "{field}中第{place}个[{value}]与第{first}个重复", "同一编号只能出现一次，请删除重复的编号"
        ),
        "number_repeated": ProblemText("{field}的值{value}与第{first}行重复", "请改为未用过的序号"),
        "number_gap": ProblemText(
            "{field}的值{value}不连续，应在1至{count}之间", "序号应从1起连续，请重新编号"
        ),
        "total_differs": ProblemText(
            "{field}为{value}，与数量{quantity}×单价{price}不符（应为{expected}）",
            "请核对数量、单价和总价；总价保留2位小数，单价保留4位小数，四舍六入五成双",
        ),
        "quantity_differs": ProblemText(
            "{field}为{value}，计量单位相同时应等于申报数量{quantity}", "请改为{quantity}，或更正计量单位"
        ),
        "net_exceeds_gross": ProblemText("{field}{value}大于毛重{gross}", "请核对毛重和净重"),
        "merge_key_differs": ProblemText(
            "{field}为{value}，但与表体第{first}行的归并要素不同（{differs}）",
            "同一报关单商品序号的各行，商品编码、商品名称、申报单位、原产国、最终目的国、币制必须相同",
        ),
        "too_many_entry_lines": ProblemText(
            "{field}为{value}，归并后的报关单商品不能超过{limit}项", "请重新归并，或拆分为多份清单"
        ),
        # Between the approved version and a 变更
        "not_changeable": ProblemText(
            "{field}不能变更：海关通过的值为[{old}]，现为[{new}]", "请恢复原值；{allowed}"
        ),
        "rows_fixed": ProblemText(
            "{field}在变更时不能{what}", "请与海关通过的版本保持相同的行，只修改可变更的项目"
        ),
        "less_than_used": ProblemText(
            "{field}为{value}，少于{users}已占用的{held}", "数量不能低于{held}；或先作废占用它的{users}"
        ),
        "number_reused": ProblemText(
            "{field}的值{value}是海关通过的版本中已有的序号，不能用于新增的行",
            "请为新增的行编一个未用过的序号",
        ),
        # Against the 底账
        "not_checked": ProblemText(
            "{what}尚未核对：{why}", "请填写申报企业编码，或在保存后再预检；申报时会逐项核对"
        ),
        "not_known_here": ProblemText(
            "{field}[{value}]不是在本系统申报的{kind}，无法核对其状态和余量",
            "请自行核对编号是否正确；不影响申报",
        ),
        "ledger_not_followed": ProblemText(
            "{field}[{value}]没有在本系统设置余量检查，账册的余量和备案商品没有核对",
            "请在底账中设置该账册并导入期初余量",
        ),
        "ledger_short": ProblemText(
            "{field}为{value}，{line}的可用余量只有{available}，本次申报需{asked}",
            "{who}；请减少数量，或待其他单证释放后再申报；底账有误请先核对期初余量",
        ),
        "ledger_unknown": ProblemText(
            "{field}无法与余量核对：{line}没有导入期初，海关回执也没有告知过该项的实增实减，余量未知",
            "建议导入该账册的期初余量",
        ),
        "ledger_unit_differs": ProblemText(
            "{field}与{line}的计量单位{unit}不同，余量按申报数量直接加减",
            "请核对计量单位；单位不同时余量不可靠",
        ),
        "ledger_material_differs": ProblemText(
            "{field}为{value}，与{line}备案的料号{booked}不一致",
            "请核对备案序号和商品料号：海关以“商品编号与账册备案料号不一致”退单；底账有误请更新期初余量",
        ),
        "ledger_hs_code_differs": ProblemText(
            "{field}为{value}，与{line}备案的商品编码{booked}不一致",
            "请核对备案序号和商品编码；账册已变更商品编码的，请更新期初余量",
        ),
        "ledger_name_differs": ProblemText(
            "{field}为{value}，与{line}备案的名称{booked}不同", "请核对备案序号是否填错；同一商品可继续申报"
        ),
        "ledger_mark_differs": ProblemText(
            "{field}为{value}，而{line}（料号{material}）在账册中属于{booked}",
            "请核对料件成品标志和备案序号",
        ),
        "ledger_line_expired": ProblemText(
            "{field}对应的{line}已于{until}到期", "请先办理延期，或更新底账中该项的有效期"
        ),
        "ledger_book_expired": ProblemText(
            "{field}的有效期已于{until}届满", "请先办理延期，或更新账册的有效期"
        ),
        "opening_forms": ProblemText(
            "{field}的数量应填写入账数量和出账数量，或只填写余量", "请删除其中一种，或补齐缺少的数量"
        ),
        "opening_repeated": ProblemText("{field}与第{first}行是账册的同一项", "同一项只能导入一行，请合并"),
        "opening_ahead": ProblemText(
            "{field}的值[{value}]晚于今天", "期初日期不能在将来，请改为今天或以前的日期"
        ),
        # Cells of a spreadsheet
        "code_became_number": ProblemText(
            "{field}应为{form}，但单元格中是数字[{value}]，前导零或末尾数字可能已被Excel丢失",
            "请将该列设为文本格式后重新填写完整的代码",
        ),
        "cell_is_date": ProblemText(
            "{field}的单元格已被Excel转换为日期（{value}）", "请将该列设为文本格式后重新填写原来的内容"
        ),
        "cell_merged": ProblemText(
            "{field}在合并单元格中，无法确定各行的内容", "请取消合并单元格，逐行填写后重新导入"
        ),
        "cell_is_truth": ProblemText("{field}的单元格是逻辑值{value}", "请改为文本或数字"),
        "cell_error": ProblemText("{field}的单元格是公式错误{value}", "请改正公式，或直接填写数值"),
        "formula_without_value": ProblemText(
            "{field}的单元格是没有计算结果的公式", "请用Excel打开并保存后再上传，或直接填写数值"
        ),
        "not_an_integer": ProblemText("{field}的值[{value}]不是整数", "请填写不带小数和千分位的整数"),
        "wrong_book": ProblemText(
            "工作簿是{found}的模板，不能导入为{expected}", "请使用{expected}的模板，或在{found}中导入"
        ),
        "book_too_new": ProblemText(
            "工作簿是第{found}版模板，本系统为第{expected}版", "请重新下载模板后填写"
        ),
        "nothing_to_import": ProblemText(
            "工作簿中没有可以导入的内容", "请核对工作表名称和列标题；列标题应与模板一致，或先保存列对应关系"
        ),
        "column_repeated": ProblemText(
            "列标题「{heading}」与前面的列都对应{field}", "请删除重复的列，或在列对应关系中忽略其中一列"
        ),
        "zeros_restored": ProblemText("{field}的单元格是数字[{value}]，已按代码补足为[{read}]", "请确认无误"),
        "number_read_as_text": ProblemText(
            "{field}的单元格是数字，已按文本[{read}]读取", "如原有前导零，请将该列设为文本格式后重新填写"
        ),
        "formula_valued": ProblemText("{field}的单元格是公式，已按其计算结果[{read}]读取", "请确认无误"),
        "separators_removed": ProblemText("{field}的单元格[{value}]带千分位，已读取为[{read}]", "请确认无误"),
        "totals_row_left_out": ProblemText(
            "工作表「{sheet}」第{row}行是合计行[{said}]，没有料号和商品编码，未导入",
            "如该行确为商品，请补填料号或商品编码后重新导入",
        ),
        "column_ignored": ProblemText(
            "列「{heading}」没有对应的项目，未导入", "如需导入，请在列对应关系中指定该列对应的项目"
        ),
        "sheet_ignored": ProblemText("工作表「{sheet}」未导入：{why}", "如需导入，请核对工作表名称和列标题"),
        # Warnings
        "unseen_removed": ProblemText(
            "{field}中有看不见的字符，已去掉：{character}", "请核对去掉后的内容；下次请不用粘贴、重新键入"
        ),
        "wide_in_key": ProblemText(
            "{field}第{place}个字符「{character}」是全角字符",
            "如海关或单据上登记的确为全角可继续申报，否则请改为半角「{narrow}」",
        ),
        "long_for_page": ProblemText(
            "{field}长度为{length}，超过单一窗口网页的{limit}（一个汉字按2计）",
            "报文可以发送，但在单一窗口网页上修改时可能被截断",
        ),
        "advisable": ProblemText("{field}未填写：{why}", "建议补填后再申报"),
        "unusual": ProblemText("{field}不常见：{why}", "请确认无误；确认后可继续申报"),
    }
)
