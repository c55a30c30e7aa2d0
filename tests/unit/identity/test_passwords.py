"""What is acceptable as a password, and that a login that does not exist costs the same time."""

from __future__ import annotations

import asyncio
import time

import pytest

from services.identity.passwords import Hasher, fault_of


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("correct horse battery", None),
        ("十二个汉字组成的一句话也可以", None),
        ("elevenchars", "shorter_than_allowed"),
        ("x" * 201, "longer_than_allowed"),
        ("aaaaaaaaaaaa", "password_too_easy"),
        ("abababababab", "password_too_easy"),
        ("123456789012", "password_too_easy"),
        ("zyxwvutsrqponm", "password_too_easy"),
        ("Clerk01-clerk01", "password_too_easy"),
        ("password1234", "password_too_easy"),
        ("Passw0rd!Passw0rd!", "password_too_easy"),
        ("qwertyuiop12", "password_too_easy"),
        ("iloveyou2026!!", "password_too_easy"),
        ("示例报关9527-天下-x", "password_too_easy"),
        ("ShiliBaoguan-9527-x", "password_too_easy"),
        ("示例口令-correct-horse-7", None),
    ],
)
def test_a_password_is_accepted_or_its_fault_named(password: str, code: str | None) -> None:
    fault = fault_of(password, ["clerk01", "示例报关有限公司"])
    assert (fault.code if fault else None) == code


def test_a_hash_is_of_one_password_only_and_salted() -> None:
    async def check() -> None:
        hasher = Hasher()
        first, second = await hasher.hash("correct horse"), await hasher.hash("correct horse")
        assert first != second
        assert first.startswith("$argon2id$")
        assert await hasher.verify(first, "correct horse")
        assert not await hasher.verify(first, "correct horsf")
        assert not await hasher.verify("not a hash", "correct horse")
        assert not await hasher.verify(None, "nobody has this password")
        # ｆｕｌｌ width and plain letters are one password.
        assert await hasher.verify(first, "ｃｏｒｒｅｃｔ horse")
        assert not hasher.is_outdated(first)
        assert hasher.is_outdated(first.replace("t=2", "t=1"))

    asyncio.run(check())


def test_nobody_takes_as_long_as_somebody() -> None:
    async def seconds(hasher: Hasher, password_hash: str | None) -> float:
        started = time.perf_counter()
        await hasher.verify(password_hash, "wrong password")
        return time.perf_counter() - started

    async def check() -> None:
        hasher = Hasher()
        known = await hasher.hash("correct horse")
        somebody = min([await seconds(hasher, known) for _ in range(5)])
        nobody = min([await seconds(hasher, None) for _ in range(5)])
        assert 0.5 < nobody / somebody < 2

    asyncio.run(check())
