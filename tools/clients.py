"""Generate a Python client from OpenAPI, and compile and type-check it: `make clients`.

openapi-python-client comes by uvx in an environment of its own, so this needs the network the first time and is no part of
`make check`. A client in TypeScript is generated and compiled there (`local.portal check`).
"""

from __future__ import annotations

import compileall
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.tree import ROOT

GENERATOR = "openapi-python-client==0.29.1"
_WITH = ("mypy", "attrs", "httpx", "types-python-dateutil")


def commands(folder: Path) -> list[list[str]]:
    """What makes the client and what checks it."""
    uvx = [str(Path(sys.executable).with_name("uvx"))]
    openapi = str(ROOT / "contracts/http/bondgate.openapi.json")
    options = ["--meta", "none", "--overwrite", "--fail-on-warning"]
    made = ["--output-path", str(folder), "--config", str(ROOT / "tools/python-client.yaml")]
    with_packages = [word for name in _WITH for word in ("--with", name)]
    return [
        [*uvx, "--from", GENERATOR, "openapi-python-client", "generate", "--path", openapi, *options, *made],
        [
            *uvx,
            *with_packages,
            "mypy",
            "--config-file",
            str(ROOT / "tools/python-client-types.ini"),
            folder.name,
        ],
    ]


def main() -> int:
    """Status 1 when a client cannot be generated, does not compile or has types that do not fit."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "bondgate_client"
        generate, check = commands(folder)
        return int(
            _fails(generate, base) or not compileall.compile_dir(folder, quiet=1) or _fails(check, base)
        )


def _fails(command: Sequence[str], base: str) -> bool:
    print(*command, file=sys.stderr, flush=True)
    return subprocess.run(command, cwd=base, check=False).returncode != 0


if __name__ == "__main__":
    sys.exit(main())
