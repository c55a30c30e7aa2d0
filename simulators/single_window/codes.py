"""The authority's code lists as the simulator knows them: its own copy, codes only.

Source: the code tables shipped with a broker system in production (edition 2018-2020, H), and the field remarks
repeated by two other implementers (H). 监管方式 and 关区 are checked for their form only: those lists are known to have
grown since.
"""

from __future__ import annotations


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


INVENTORY_TYPES = frozenset("013456789")
"""清单类型; there is no 2."""
DIRECTIONS = frozenset("IE")
"""进出口标记."""
MATERIAL_MARKS = frozenset("IE")
"""料件成品标记."""
FLAGS = frozenset("12")
"""1 是, 2 否: 报关标志, 生成报关单; also 报关类型 关联 / 对应."""
DECLARATION_KINDS = frozenset("123")
"""申报类型: 备案, 变更, 删除."""
ENTRY_TYPES = frozenset("123456BCFGHIJKLMNOPQRSTUVXY")
"""报关单类型; letters A, D, E, W are not known."""
TRANSFER_TYPES = frozenset("ABCDEY")
"""流转类型."""
TRANSPORT_MODES = frozenset("0123456789GHLTWXYZ")
"""运输方式."""
LEVY_MODES = frozenset("123456789")
"""征免方式."""
CHANGE_MARKS = frozenset("0123")
"""修改标志."""
SYSTEMS = frozenset({"95", "B1", "B2", "B3", "Z7", "Z8"})
"""SysId: which of the Single Window's systems."""
CURRENCIES = _listed(
    """
    601 501 331 142 302 300 303 110 112 116 133 121 122 326 609 129 344 330 132 136 143 502
    """
)
"""币制, the numeric codes."""
UNITS = _listed(
    """
    001 002 003 004 005 006 007 008 009 010 011 012 013 014 015 016 017 018 019 020 021 022 023 025 026
    027 028 029 030 031 032 033 034 035 036 037 038 039 040 041 042 043 044 045 046 047 048 049 050 051
    052 053 054 055 056 057 058 059 060 061 062 063 067 070 071 072 073 074 075 076 077 078 079 080 081
    083 084 085 086 088 089 095 096 097 098 099 101 110 111 112 115 116 118 120 121 122 123 124 125 126
    127 128 129 130 131 132 133 134 135 136 139 140 141 142 143 144 145 146 147 148 149 163 164
    """
)
"""计量单位."""
COUNTRIES = _listed(
    """
    101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125
    126 127 128 129 130 131 132 133 134 135 136 137 138 139 141 142 143 144 145 146 147 148 149 201 202
    203 204 205 206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221 222 223 224 225 226 227
    228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252
    253 254 255 256 257 258 259 260 301 302 303 304 305 306 307 308 309 310 311 312 313 314 315 316 318
    320 321 322 323 324 325 326 327 328 329 330 331 334 335 336 337 338 339 340 343 344 347 350 351 352
    353 354 355 356 357 358 359 401 402 403 404 405 406 408 410 411 412 413 414 415 416 417 418 419 420
    421 422 423 424 425 426 427 428 429 430 431 432 433 434 435 437 438 439 440 441 442 443 444 445 446
    447 448 449 501 502 503 504 601 602 603 604 605 606 607 608 609 610 611 612 613 614 615 616 617 618 619
    620 621 622 623 625 702 199 299 399 499 599 699 701
    """
)
"""国别地区, the numeric codes."""
FORM_MATERIAL_MARKS = frozenset("IER")
"""底账料件成品标志 of the 申报表, R 边角料副产品."""
BUSINESS_TYPES = frozenset("ABCDEFGHY")
"""业务类型 of 申报表 and 出入库单."""
PASS_TYPES = frozenset("123456")
"""核放单类型; 7 is known to one source only and goes as ICP101."""
BINDINGS = frozenset("123")
"""绑定类型: 一车多票, 一车一票, 一票多车."""
LINKED_TYPES = frozenset("123")
"""关联单证类型: 核注清单, 出入库单, 提运单."""
YES = frozenset("Y")
