"""What a card in a reader says of itself, and whether it takes a PIN."""

from __future__ import annotations

import base64

from pydantic import SecretStr, ValidationError

from services.signer.cards.bodies import CardBody, CardInReaderBody
from services.signer.cards.holding import Holder, card_in
from services.signer.cards.refusals import CardNotInReader, CardPinRefused, CardTellsTooLittle
from services.signer.media.port import MediumFault, PinBlocked, WrongPin


def facts_in_reader(holder: Holder, body: CardInReaderBody) -> CardBody:
    """Raises CardNotInReader, CardTellsTooLittle."""
    seen = card_in(holder.reader_of(body.number), body.number)
    if seen is None:
        raise CardNotInReader(f"读卡器中没有卡 {body.number}")
    try:
        return CardBody.model_validate(
            {
                "number": body.number,
                "holder": seen.holder,
                "firm_name": seen.firm_name,
                "firm_code": seen.firm_code,
                "firm_uscc": seen.firm_credit_code,
                "certificate": base64.b64encode(seen.certificate).decode(),
                "enterprises": body.enterprises,
                "users": body.users,
            }
        )
    except ValidationError as error:
        names = {
            "holder": "持卡人",
            "firm_name": "企业名称",
            "firm_code": "海关编码",
            "firm_uscc": "社会信用代码",
        }
        missing = [names.get(str(each["loc"][0]), "证书") for each in error.errors()]
        raise CardTellsTooLittle(f"卡 {body.number} 上没有可用的{'、'.join(missing)}") from None


async def pin_accepted(holder: Holder, number: str, pin: str) -> None:
    """Raises CardPinRefused with the tries left, CardNotInReader when the card cannot be asked."""
    try:
        await holder.check_pin(number, SecretStr(pin))
    except (WrongPin, PinBlocked) as fault:
        raise CardPinRefused(fault.told) from fault
    except MediumFault as fault:
        raise CardNotInReader(fault.told) from fault
