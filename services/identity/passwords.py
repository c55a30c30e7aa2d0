"""Passwords: what is acceptable, and argon2id off the event loop with a bound on work and memory."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn_rs_py import zxcvbn

from backbone.refusals import InvalidRequest, Unavailable
from contracts.problems import problem
from services.identity import firm_words

T = TypeVar("T")

MIN_LENGTH = 12
MAX_LENGTH = 200
_MIN_TELLING = 4
_MIN_TELLING_CHINESE = 2
_BETWEEN = re.compile(r"[\W_]+")
# Of zxcvbn's 0 to 4: not guessed within 10^10 tries.
_STRONG = 4
# OWASP's minimum is 19 MiB and 2 passes; this takes about 75 ms of one core.
_PASSES = 2
_KIBIBYTES = 46 * 1024
_AT_ONCE = 2
_MOST_WAITING = 100


def normalised(password: str) -> str:
    """One form for what looks alike, whatever keyboard it was typed on (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True)
class Fault:
    """A code of contracts.problems and the values of its text but for the field."""

    code: str
    values: Mapping[str, object]


def fault_of(password: str, names: Sequence[str] = ()) -> Fault | None:
    """What speaks against this password; it must not be built on any of `names`, those of the person and the firm."""
    text = normalised(password)
    if len(text) < MIN_LENGTH:
        return Fault("shorter_than_allowed", {"limit": MIN_LENGTH})
    if len(text) > MAX_LENGTH:
        return Fault("longer_than_allowed", {"limit": MAX_LENGTH})
    words = [normalised(word).casefold() for word in firm_words.typed(names)]
    # shili-baoguan is shilibaoguan to whoever guesses.
    bare = _BETWEEN.sub("", text.casefold())
    if any(
        _is_telling(word) and (word in text.casefold() or _BETWEEN.sub("", word) in bare) for word in words
    ):
        return Fault("password_too_easy", {"why": "含有登录名、姓名或单位名称（包括拼音）"})
    if int(zxcvbn(text, words).score) < _STRONG:
        return Fault(
            "password_too_easy", {"why": "是常见的密码，或由常见的词、日期、重复或连续的字符稍加改动而成"}
        )
    return None


def require_fit(password: str, names: Sequence[str], pointer: str) -> None:
    """Raises InvalidRequest that names the place."""
    fault = fault_of(password, names)
    if fault is not None:
        raise InvalidRequest(problems=[problem(fault.code, pointer, field="「密码」", **fault.values)])


def _is_telling(word: str) -> bool:
    """Whether it is long enough to be no accident; two Chinese characters are a word."""
    return len(word) >= (_MIN_TELLING if word.isascii() else _MIN_TELLING_CHINESE)


class Hasher:
    """Hashes and checks passwords on threads of its own, few at once."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=1)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys = self._argon2.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Raises Unavailable when too many wait."""
        return await self._run(self._argon2.hash, normalised(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Takes the same time when there is no hash, because there is no such user. Raises Unavailable."""
        right = await self._run(self._check, password_hash or self._nobodys, normalised(password))
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(password_hash)

    def _check(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("登录人数过多")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1
