"""Reading an upload (import dialect) with the standard library's expat and a strict eye.

Structure and spellings: uploads of four independent senders, 2018–2024 (H).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from xml.parsers import expat

from simulators.single_window import signatures
from simulators.single_window.elements import Row
from simulators.single_window.form import MessageForm, Section, Upload
from simulators.single_window.kinds import KINDS
from simulators.single_window.resend import RESEND

MAX_DEPTH = 32
MAX_ELEMENTS = 2_000_000

# c14n and sha1 are the only values seen; rsa-sha1 and rsa-md5 are the two the schema of 2017 allows (H).
_ALGORITHMS = {
    "CanonicalizationMethod": {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
    "SignatureMethod": {
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    },
    "DigestMethod": {"http://www.w3.org/2000/09/xmldsig#sha1"},
}
FORMS: dict[str, MessageForm] = {form.message_type: form for form in (*(k.form for k in KINDS), RESEND)}


class UnreadableError(Exception):
    """The upload cannot be understood. `reasons` are Chinese sentences; the rest is what could still be read."""

    def __init__(
        self, *reasons: str, message_type: str = "", message_id: str = "", internal_no: str = ""
    ) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons
        self.message_type = message_type
        self.message_id = message_id
        self.internal_no = internal_no


def read_upload(data: bytes, *, filled_signatures: bool = False) -> Upload:
    """The upload in `data`; raises UnreadableError with every reason that can be told at once.

    With `filled_signatures` one that is signed is taken too: what does not hold is among the oddities.
    """
    root = _parse(data)
    unproved: list[str] = []
    if filled_signatures and signatures.is_filled(root):
        root, unproved = signatures.opened(root)
    if root.tag != "Signature":
        raise UnreadableError(f"根节点应为Signature，实际为{root.tag[:80]}")
    package = root.find("Object/Package")
    if package is None:
        raise UnreadableError("缺少Object/Package节点")
    envelope = _leaves(package.find("EnvelopInfo"))
    message_type, message_id = envelope.get("message_type", ""), envelope.get("message_id", "")
    form = FORMS.get(message_type)
    business = package.find("DataInfo/BussinessData")
    internal_no = ""
    if business is not None and form is not None:
        internal_no = (business.findtext(f"{form.element}/{form.head}/{form.internal_no}") or "").strip()

    def refuse(*reasons: str) -> UnreadableError:
        return UnreadableError(
            *reasons, message_type=message_type, message_id=message_id, internal_no=internal_no[:64]
        )

    if package.find("EnvelopInfo") is None:
        raise refuse("缺少EnvelopInfo节点")
    if not message_type:
        raise refuse("EnvelopInfo缺少message_type")
    if form is None:
        raise refuse(f"报文类型{message_type[:16]}无法识别")
    if business is None:
        raise refuse("缺少DataInfo/BussinessData节点")
    wrong = [c.tag for c in business if c.tag not in (form.element, "DelcareFlag")]
    message = business.find(form.element)
    if message is None or wrong:
        raise refuse(f"BussinessData中应为{form.element}与DelcareFlag，发现{'、'.join(wrong)[:80] or '无'}")
    oddities = [*unproved, *_skeleton(root), *_packets(package), *_repeats(business, form)]
    sections, strange = _sections(message, form)
    if len(sections[form.head]) != 1:
        raise refuse(f"{form.head}必须且只能出现一次")
    return Upload(
        form=form,
        envelope=envelope,
        declare_flag=(business.findtext("DelcareFlag") or "").strip(),
        oper_customs_code=(message.findtext("OperCusRegCode") or "").strip(),
        sys_id=(message.findtext("SysId") or "").strip(),
        sections=sections,
        oddities=(*oddities, *strange),
    )


def _parse(data: bytes) -> ET.Element:
    parser = expat.ParserCreate(namespace_separator=" ")
    builder = ET.TreeBuilder()
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise UnreadableError("报文层次或节点过多")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise UnreadableError(f"报文编码应为UTF-8，实际为{encoding[:20]}")

    def doctype(*_: object) -> None:
        raise UnreadableError("报文不得包含DOCTYPE")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError(f"XML格式不正确（第{error.lineno}行）") from error
    return builder.close()


def _leaves(parent: ET.Element | None) -> Row:
    if parent is None:
        return {}
    return {child.tag: text for child in parent if (text := (child.text or "").strip())}


def _skeleton(root: ET.Element) -> list[str]:
    """The signature skeleton may be left out altogether (one sender in production does, M), but not be wrong."""
    found = []
    for element in root.iterfind("SignedInfo//*"):
        allowed = _ALGORITHMS.get(element.tag)
        if allowed is not None and element.get("Algorithm") not in allowed:
            found.append(f"{element.tag}的Algorithm取值不正确")
    return found


def _packets(package: ET.Element) -> list[str]:
    pocket = _leaves(package.find("DataInfo/PocketInfo"))
    if pocket.get("total_pocket_qty", "1") != "1" or pocket.get("cur_pocket_no", "1") != "1":
        return ["暂不受理分包报文"]
    return []


def _repeats(business: ET.Element, form: MessageForm) -> list[str]:
    return [f"{tag}重复出现" for tag in (form.element, "DelcareFlag") if len(business.findall(tag)) > 1]


@cache
def _usual_names(message_type: str, element: str) -> dict[str, str]:
    """Other spellings that are taken → the one of the table."""
    [section] = [s for s in FORMS[message_type].sections if s.element == element]
    return {other: e.name for e in section.table.values() for other in e.also}


def _sections(message: ET.Element, form: MessageForm) -> tuple[dict[str, list[Row]], list[str]]:
    sections: dict[str, list[Row]] = {section.element: [] for section in form.sections}
    strange: list[str] = []
    seen: set[str] = set()
    allowed = ("OperCusRegCode", "SysId") if form.has_sys_id else ("OperCusRegCode",)
    for child in message:
        rows = sections.get(child.tag)
        if rows is None:
            if child.tag not in allowed:
                strange.append(f"{form.element}中有未知节点{child.tag[:80]}")
            elif child.tag in seen:
                strange.append(f"{child.tag}重复出现")
            seen.add(child.tag)
            continue
        rows.append(_row(child, len(rows) + 1, _usual_names(form.message_type, child.tag), strange))
    strange.extend(f"{s.element}只能出现一次" for s in _singles(form) if len(sections[s.element]) > 1)
    return sections, strange


def _singles(form: MessageForm) -> list[Section]:
    return [section for section in form.sections if section.single]


def _row(element: ET.Element, number: int, usual: dict[str, str], strange: list[str]) -> Row:
    row: Row = {}
    for leaf in element:
        name = usual.get(leaf.tag, leaf.tag)
        if name in row:
            strange.append(f"{element.tag}第{number}条中{leaf.tag[:80]}重复出现")
        if len(leaf):
            strange.append(f"{element.tag}第{number}条中{leaf.tag[:80]}不应有下级节点")
        row[name] = (leaf.text or "").strip()
    return row
