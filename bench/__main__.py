"""`python -m bench [NAME…] [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import orjson

from bench.surroundings import Surroundings
from bench.tables import Table, as_json, as_text

BENCHMARKS = (
    "save",
    "save_parts",
    "declare",
    "ledger",
    "message",
    "cards",
    "relay",
    "projection",
    "absorb",
    "million",
    "print_pdf",
    "code_search",
    "workbooks",
    "receipts",
    "hops",
    "burst",
    "idle",
    "outages",
    "entry_page",
    "entry_keys",
)


class Benchmark(Protocol):
    """What a module of this package named in BENCHMARKS has."""

    ABOUT: str

    def run(self, on: Surroundings) -> list[Table]: ...


def module(name: str) -> Benchmark:
    return cast(Benchmark, importlib.import_module(f"bench.{name}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when every benchmark ran; their figures decide nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="What the platform costs beside the least its building blocks could do.",
        epilog="\n".join(f"  {name:<12}{module(name).ABOUT}" for name in BENCHMARKS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="only see that they run: one short round, small sizes"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(unknown)}")
    results: dict[str, list[Table]] = {}
    with Surroundings(quick=options.quick) as on:
        for name in options.names or BENCHMARKS:
            results[name] = module(name).run(on)
            print("\n".join(as_text(table) for table in results[name]), flush=True)
    if options.json is not None:
        options.json.write_bytes(orjson.dumps(as_json(results), option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
