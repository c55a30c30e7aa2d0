"""`python -m tools.contracts`: write every generated file, and remove the stale ones."""

from __future__ import annotations

from tools.generated import generated, stale
from tools.tree import ROOT


def main() -> None:
    """Prints what changed."""
    files = generated()
    changed = 0
    for name, text in files.items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        changed += 1
        print(f"wrote {name}")
    for name in stale(set(files)):
        (ROOT / name).unlink()
        changed += 1
        print(f"removed {name}")
    print(f"{len(files)} generated files, {changed} changed")


if __name__ == "__main__":
    main()
