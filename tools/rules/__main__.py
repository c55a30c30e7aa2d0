"""`python -m tools.rules`: print what breaks a rule; exits 1 when anything does."""

from __future__ import annotations

import sys

from tools.rules import RULES, violations
from tools.rules.tree import Tree
from tools.tree import ROOT


def main() -> None:
    """One line a violation, clickable in a terminal."""
    found = violations(Tree(ROOT))
    for violation in found:
        print(violation)
    print(f"{len(RULES)} house rules, {len(found)} violations")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
