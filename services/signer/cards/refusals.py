"""What the registry of cards refuses."""

from __future__ import annotations

from backbone.refusals import Refusal


class CardTaken(Refusal):
    status = 409
    code = "card_taken"
    title = "该卡号已登记"
    hint = "请核对卡号；一张卡只能在一个单位登记一次，停用后也不能重复登记"


class OtherFirmsCard(Refusal):
    """Never a card of another firm, whoever says so."""

    status = 409
    code = "card_of_other_firm"
    title = "替代卡不属于同一企业"
    hint = "只有同一企业（社会信用代码相同）的卡可以互相替代"


class ConsentThere(Refusal):
    status = 409
    code = "consent_recorded"
    title = "该替代关系已登记"
    hint = "无需重复登记；要改变时先撤销"


class CardNotInReader(Refusal):
    status = 409
    code = "card_not_in_reader"
    title = "读卡器中没有这张卡"
    hint = "请把卡插入签名服务所在机器的读卡器后重试；也可以上传证书登记"


class CardTellsTooLittle(Refusal):
    """Its medium shows no firm or holder, as with some tokens."""

    status = 409
    code = "card_tells_too_little"
    title = "卡上读不到登记所需的内容"
    hint = "请手工登记该卡"


class CardPinRefused(Refusal):
    status = 409
    code = "card_pin_refused"
    title = "卡不接受该密码"
    hint = "请核对密码后再试；剩余次数用完后卡会锁死，需到制卡中心解锁"
