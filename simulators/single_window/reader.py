"""Reading an upload (import dialect) with the standard library's expat and a strict eye.

Structure and spellings: uploads of four independent senders, 2018–2024 (H).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 2_000_000

Row = dict[str, str]

HEAD, GOODS, DECLARATION_HEAD, DECLARATION_ROWS = (
    "InvtHeadType",
    "InvtListType",
    "InvtDecHeadType",
    "InvtDecListType",
)
SECOND_GOODS, STOCK_BILLS, ECOMMERCE_BILLS = "InvtGoodsType", "InvtWarehouseType", "InvtCbecBill"
SINGLE = (HEAD, DECLARATION_HEAD)
SECTIONS = (HEAD, GOODS, DECLARATION_HEAD, DECLARATION_ROWS, SECOND_GOODS, STOCK_BILLS, ECOMMERCE_BILLS)

# c14n and sha1 are the only values seen; rsa-sha1 and rsa-md5 are the two the schema of 2017 allows (H).
_ALGORITHMS = {
    "CanonicalizationMethod": {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
    "SignatureMethod": {
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    },
    "DigestMethod": {"http://www.w3.org/2000/09/xmldsig#sha1"},
}
_BUSINESS = {
    "INV101": "InvtMessage",
    "SAS101": "AppMessage",
    "SAS111": "StockMessage",
    "SAS121": "PassPortMessage",
}


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


@dataclass(frozen=True)
class Upload:
    """One INV101 as it came: stripped text by element name. An empty element is "", the same as an absent one."""

    envelope: Row
    declare_flag: str
    oper_customs_code: str
    sys_id: str
    sections: dict[str, list[Row]] = field(default_factory=dict)
    oddities: tuple[str, ...] = ()

    @property
    def head(self) -> Row:
        """InvtHeadType."""
        return self.sections[HEAD][0]

    @property
    def goods(self) -> list[Row]:
        """InvtListType, in the sender's order."""
        return self.sections[GOODS]

    @property
    def internal_no(self) -> str:
        """企业内部清单编号."""
        return self.head.get("EtpsInnerInvtNo", "")

    @property
    def owner(self) -> str:
        """10-character code of the 经营企业, which scopes the internal number."""
        return self.head.get("BizopEtpsno", "")


def read_upload(data: bytes) -> Upload:
    """The upload in `data`; raises UnreadableError with every reason that can be told at once."""
    root = _parse(data)
    if root.tag != "Signature":
        raise UnreadableError(f"根节点应为Signature，实际为{root.tag[:80]}")
    package = root.find("Object/Package")
    if package is None:
        raise UnreadableError("缺少Object/Package节点")
    envelope = _leaves(package.find("EnvelopInfo"))
    message_type, message_id = envelope.get("message_type", ""), envelope.get("message_id", "")
    business = package.find("DataInfo/BussinessData")
    internal_no = ""
    if business is not None:
        internal_no = (business.findtext(f"InvtMessage/{HEAD}/EtpsInnerInvtNo") or "").strip()

    def refuse(*reasons: str) -> UnreadableError:
        return UnreadableError(
            *reasons, message_type=message_type, message_id=message_id, internal_no=internal_no[:64]
        )

    if package.find("EnvelopInfo") is None:
        raise refuse("缺少EnvelopInfo节点")
    if not message_type:
        raise refuse("EnvelopInfo缺少message_type")
    if message_type not in _BUSINESS:
        raise refuse(f"报文类型{message_type[:16]}无法识别")
    if business is None:
        raise refuse("缺少DataInfo/BussinessData节点")
    if message_type != "INV101":
        raise refuse(f"报文类型{message_type}暂不受理")
    wrong = [c.tag for c in business if c.tag not in ("InvtMessage", "DelcareFlag")]
    message = business.find("InvtMessage")
    if message is None or wrong:
        raise refuse(f"BussinessData中应为InvtMessage与DelcareFlag，发现{'、'.join(wrong)[:80] or '无'}")
    oddities = [*_skeleton(root), *_packets(package), *_repeats(business)]
    sections, strange = _sections(message)
    if len(sections[HEAD]) != 1:
        raise refuse("InvtHeadType必须且只能出现一次")
    return Upload(
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


def _repeats(business: ET.Element) -> list[str]:
    return [f"{tag}重复出现" for tag in ("InvtMessage", "DelcareFlag") if len(business.findall(tag)) > 1]


def _sections(message: ET.Element) -> tuple[dict[str, list[Row]], list[str]]:
    sections: dict[str, list[Row]] = {name: [] for name in SECTIONS}
    strange: list[str] = []
    seen: set[str] = set()
    for child in message:
        rows = sections.get(child.tag)
        if rows is None:
            if child.tag not in ("OperCusRegCode", "SysId"):
                strange.append(f"InvtMessage中有未知节点{child.tag[:80]}")
            elif child.tag in seen:
                strange.append(f"{child.tag}重复出现")
            seen.add(child.tag)
            continue
        row: Row = {}
        names: set[str] = set()
        for leaf in child:
            tag = leaf.tag
            if tag in names:
                strange.append(f"{child.tag}第{len(rows) + 1}条中{tag[:80]}重复出现")
            names.add(tag)
            if len(leaf):
                strange.append(f"{child.tag}第{len(rows) + 1}条中{tag[:80]}不应有下级节点")
            row[tag] = (leaf.text or "").strip()
        rows.append(row)
    strange.extend(f"{name}只能出现一次" for name in SINGLE if len(sections[name]) > 1)
    return sections, strange
