"""The Single Window's own answer to an upload: CommonResponeMessage, and an older form under the root `Root`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from customs.documents.normal_form import JsonObject
from customs.singlewindow.elements import Unknown, leaves
from customs.singlewindow.messages import ACKNOWLEDGEMENT, Receipt, UnknownElement

OLD_ROOT = "Root"
_TAKEN = "0"
ACKNOWLEDGEMENT_ELEMENTS = {
    "SeqNo": "seq_no",
    "EtpsPreentNo": "internal_no",
    "CheckInfo": "text",
    "DealFlag": "result",
}
# Two implementers read this form; they agree on the names, none tells what a success looks like (M).
OLD_ELEMENTS = {"resultFlag": "result", "failCode": "fail_code", "failInfo": "text", "retData": "data"}
_NAMED = re.compile(r"【\s*([0-9]{18})\s*】", re.ASCII)


def read_acknowledgement(root: etree._Element) -> Receipt:
    """DealFlag 0 is taken, anything else refused (H). The number a duplicate refusal names in 【】 is picked out."""
    unknown = Unknown()
    return acknowledged(leaves(root, ACKNOWLEDGEMENT_ELEMENTS, ACKNOWLEDGEMENT, unknown), unknown.all())


def read_old_acknowledgement(root: etree._Element) -> Receipt:
    """A failure where a code or a text says so; everything else is left open for a person."""
    unknown = Unknown()
    return acknowledged(leaves(root, OLD_ELEMENTS, OLD_ROOT, unknown), unknown.all(), old=True)


def acknowledged(
    result: Mapping[str, str], unknown: tuple[UnknownElement, ...] = (), *, old: bool = False
) -> Receipt:
    """The answer out of its leaves by our names."""
    code, text = result.get("result", ""), result.get("text", "")
    refused = ("fail_code" in result or "text" in result) if old else code not in ("", _TAKEN)
    taken = not old and code == _TAKEN
    # Two different numbers name nothing for certain.
    named = set(_NAMED.findall(text)) if refused else set()
    body: JsonObject = {"result": {**result}}
    if unknown:
        body["unknown"] = [{"path": one.path, "value": one.value} for one in unknown]
    return Receipt(
        message_type=ACKNOWLEDGEMENT,
        kind=None,
        code=code,
        outcome="acknowledged" if taken else "refused" if refused else "other",
        seq_no=result.get("seq_no"),
        internal_no=result.get("internal_no"),
        existing_seq_no=named.pop() if len(named) == 1 else None,
        reasons=(text or result.get("fail_code", "") or "单一窗口未说明原因",) if refused else (),
        body=body,
        unknown=unknown,
    )


def is_old(result: Mapping[str, str]) -> bool:
    """Whether these leaves are of the older form."""
    return not result.keys() <= {*ACKNOWLEDGEMENT_ELEMENTS.values()}
