"""Answers of the authority as text, for tests that need many of them; the hand-made samples are in contracts/examples."""

from __future__ import annotations

SEQ_NO = "202600000000000777"
CUSTOMS_NO = "QD310526I000000777"
INTERNAL_NO = "SAMPLE-2026-0777"
TIME = "2026-01-15 09:06:10"
STAMP = "20260115090605000000001"


def acknowledgement(
    *, seq_no: str = SEQ_NO, internal_no: str = INTERNAL_NO, flag: str = "0", text: str = "处理成功"
) -> bytes:
    seq = f"<SeqNo>{seq_no}</SeqNo>" if seq_no else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<CommonResponeMessage>{seq}<EtpsPreentNo>{internal_no}</EtpsPreentNo>"
        f"<CheckInfo>{text}</CheckInfo><DealFlag>{flag}</DealFlag></CommonResponeMessage>\n"
    ).encode()


def approval(
    *,
    result: str = "4",
    seq_no: str = SEQ_NO,
    time: str = TIME,
    message_id: str = "CUS0000E0100002026011509061000000000001",
    internal_no: str = "",
    customs_no: str = CUSTOMS_NO,
    goods: tuple[int, ...] = (),
    packet: tuple[str, int, int] | None = None,
    reasons: tuple[str, ...] = (),
    encoding: str = "utf-8",
) -> bytes:
    """INV201; with `internal_no` it carries the head (the full form), `packet` is (id, number, total)."""
    pocket = ""
    if packet is not None:
        pocket_id, number, total = packet
        pocket = (
            f"<PocketInfo><pocket_id>{pocket_id}</pocket_id><total_pocket_qty>{total}</total_pocket_qty>"
            f"<cur_pocket_no>{number}</cur_pocket_no></PocketInfo>"
        )
    head = ""
    if internal_no:
        head = (
            f"<BondInvtBsc><bondInvtNo>{customs_no}</bondInvtNo><invtPreentNo>{seq_no}</invtPreentNo>"
            f"<etpsInnerInvtNo>{internal_no}</etpsInnerInvtNo><vrfdedMarkcd>1</vrfdedMarkcd></BondInvtBsc>"
        )
    rows = "".join(
        f"<BondInvtDt><gdsSeqno>{number}</gdsSeqno><gdsNm>示例商品{number}</gdsNm></BondInvtDt>"
        for number in goods
    )
    notes = "".join(f"<CheckInfo><note>{reason}</note></CheckInfo>" for reason in reasons)
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        '<Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo><version>1.0</version>'
        f"<message_id>{message_id}</message_id><message_type>INV201</message_type>"
        f"<send_time>2026-01-15T09:06:{message_id[-2:]}</send_time></EnvelopInfo>"
        f"<DataInfo>{pocket}<BussinessData><INV201><HdeApprResult><etpsPreentNo>{seq_no}</etpsPreentNo>"
        f"<businessId>{customs_no}</businessId><tmsCnt>0</tmsCnt><typecd>1</typecd>"
        f"<manageResult>{result}</manageResult><manageDate>{time}</manageDate></HdeApprResult>"
        f"{notes}{head}{rows}</INV201></BussinessData></DataInfo></Package>"
    )
    return text.encode(encoding)
