"""`python -m tools.verify`: fails, and says which file, when something derived is not what its source says.

Generated files, released contracts and their compatibility, the samples, the rules and their tests, and what deploy/
refers to.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools import answer_checks, deployment, released, rule_pages, samples
from tools.generated import generated, stale
from tools.tree import ROOT


def differing(root: Path = ROOT) -> Iterator[str]:
    """Generated files that are missing, left over, or differ from what would be written now."""
    files = generated(root)
    for name, text in files.items():
        path = root / name
        if not path.exists():
            yield f"{name}: missing; run `make contracts`"
        elif (present := path.read_text(encoding="utf-8")) != text:
            yield f"{name}: {_first_difference(present, text)}; run `make contracts`"
    for name in stale(set(files), root):
        yield f"{name}: nothing generates this file any more; run `make contracts`"


def _first_difference(present: str, wanted: str) -> str:
    lines = difflib.unified_diff(present.splitlines(), wanted.splitlines(), lineterm="", n=0)
    shown = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return f"differs, first at {shown[0][:120]!r}" if shown else "differs in line ends"


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "generated files": differing,
    "released files": lambda: iter(released.changed_files()),
    "compatibility": released.incompatible,
    "samples": samples.wrong,
    "samples of answers": answer_checks.wrong,
    "rules": rule_pages.wrong,
    "deployment": deployment.wrong,
}


def main() -> None:
    """Prints every difference; exits 1 when there is one."""
    count = 0
    for name, check in CHECKS.items():
        found = list(check())
        count += len(found)
        print(f"{name}: {'in order' if not found else f'{len(found)} wrong'}")
        for text in found:
            print(f"  {text}")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
