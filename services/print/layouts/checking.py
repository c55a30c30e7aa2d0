"""A layout against the catalogue: a wrong name is an error of the program and stops it at its start."""

from __future__ import annotations

from collections.abc import Iterator

from customs.documents import KINDS
from services.print.layouts.parts import PAIRS_A_ROW, Block, Layout, Pairs, Table


def checked(layout: Layout) -> Layout:
    """The layout itself. Raises TypeError with everything that is wrong."""
    wrong = [*_missing(layout), *_repeated(layout), *_unprinted(layout)]
    if wrong:
        raise TypeError(f"layout of {layout.kind}: {'; '.join(wrong)}")
    return layout


def fields_named(block: Block) -> list[str]:
    """The fields a block names, in order."""
    if isinstance(block, Pairs):
        rows = [name for row in (*block.rows, *block.rows_when_filled) for name in row]
        return [*rows, *block.across, *block.across_when_filled]
    if isinstance(block, Table):
        return [column.field for column in block.columns]
    return [block.field]


def _missing(layout: Layout) -> Iterator[str]:
    kind = KINDS[layout.kind]
    sections = {part.name: part.fields for part in kind.sections}
    named = [(block.section, name) for block in layout.blocks for name in fields_named(block)]
    named += [(t.section, name) for t in layout.blocks if isinstance(t, Table) for name in t.left_out]
    named += [*layout.identity, *([layout.title_code] if layout.title_code else [])]
    for section in {block.section for block in layout.blocks} - sections.keys():
        yield f"no section {section}"
    for section, name in named:
        if name not in sections.get(section, {}):
            yield f"no field {section}.{name}"
    for block in layout.blocks:
        fields = sections.get(block.section, {})
        if isinstance(block, Pairs):
            if any(len(row) > PAIRS_A_ROW for row in (*block.rows, *block.rows_when_filled)):
                yield f"a row of {block.section} has more than {PAIRS_A_ROW} pairs"
        elif isinstance(block, Table) and block.totals:
            summed = {*block.totals.sums, *(name for name, _ in block.totals.by_code)}
            for name in sorted(summed):
                if name not in fields or fields[name].type != "decimal":
                    yield f"{block.section}.{name} cannot be summed"
            for _, code in block.totals.by_code:
                if code not in fields or not fields[code].table:
                    yield f"{block.section}.{code} has no code table"


def _repeated(layout: Layout) -> Iterator[str]:
    groups = [
        [f"{block.section}.{name}" for name in fields_named(block)]
        for block in layout.blocks
        if isinstance(block, Table)
    ]
    pairs = [block for block in layout.blocks if isinstance(block, Pairs)]
    groups.append([f"{block.section}.{name}" for block in pairs for name in fields_named(block)])
    for group in groups:
        for name in sorted({name for name in group if group.count(name) > 1}):
            yield f"{name} twice"


def _unprinted(layout: Layout) -> Iterator[str]:
    printed = {block.section for block in layout.blocks}
    for part in KINDS[layout.kind].sections:
        if part.name not in printed:
            yield f"section {part.name} is not printed"
