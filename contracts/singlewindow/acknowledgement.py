"""The Single Window's own answer to an upload: CommonResponeMessage, and an older form under the root `Root`."""

from __future__ import annotations

import re

from lxml import etree

from contracts.documents.kinds import JsonObject
from contracts.events.receipts import Outcome
from contracts.singlewindow.elements import Unknown, leaves
from contracts.singlewindow.messages import ACKNOWLEDGEMENT, Receipt

OLD_ROOT = "Root"
_TAKEN = "0"
_ACKNOWLEDGEMENT = {
    "SeqNo": "seq_no",
    "EtpsPreentNo": "internal_no",
    "CheckInfo": "text",
    "DealFlag": "result",
}
# Two implementers read this form; they agree on the names, none tells what a success looks like (M).
_OLD = {"resultFlag": "result", "failCode": "fail_code", "failInfo": "text", "retData": "data"}
_NAMED = re.compile(r"【\s*([0-9]{18})\s*】", re.ASCII)


def read_acknowledgement(root: etree._Element) -> Receipt:
    """DealFlag 0 is taken, anything else refused (H). The number a duplicate refusal names in 【】 is picked out."""
    unknown = Unknown()
    result = leaves(root, _ACKNOWLEDGEMENT, ACKNOWLEDGEMENT, unknown)
    code = result.get("result", "")
    outcome: Outcome = "acknowledged" if code == _TAKEN else "refused" if code else "other"
    return _answer(result, code, outcome, unknown)


def read_old_acknowledgement(root: etree._Element) -> Receipt:
    """A failure where a code or a text says so; everything else is left open for a person."""
    unknown = Unknown()
    result = leaves(root, _OLD, OLD_ROOT, unknown)
    failed = "fail_code" in result or "text" in result
    return _answer(result, result.get("result", ""), "refused" if failed else "other", unknown)


def _answer(result: dict[str, str], code: str, outcome: Outcome, unknown: Unknown) -> Receipt:
    text = result.get("text", "")
    refused = outcome == "refused"
    # Two different numbers name nothing for certain.
    named = set(_NAMED.findall(text)) if refused else set()
    body: JsonObject = {"result": {**result}}
    if kept := unknown.all():
        body["unknown"] = [{"path": one.path, "value": one.value} for one in kept]
    return Receipt(
        message_type=ACKNOWLEDGEMENT,
        kind=None,
        code=code,
        outcome=outcome,
        seq_no=result.get("seq_no"),
        internal_no=result.get("internal_no"),
        existing_seq_no=named.pop() if len(named) == 1 else None,
        reasons=(text or result.get("fail_code", "") or "单一窗口未说明原因",) if refused else (),
        body=body,
        unknown=kept,
    )
