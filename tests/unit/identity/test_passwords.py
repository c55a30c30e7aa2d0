"""What is acceptable as a password, and that a login that does not exist costs the same time."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

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
        ("shili-baoguan-9527", "password_too_easy"),
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


def test_nobody_costs_as_much_as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a login that is not there waits for a hash of the same parameters as everybody else."""
    costs: list[Parameters] = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, password_hash: str, password: str) -> bool:
        costs.append(extract_parameters(password_hash))
        return real(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)

    async def check() -> None:
        hasher = Hasher()
        assert not await hasher.verify(await hasher.hash("correct horse"), "wrong password")
        assert not await hasher.verify(None, "wrong password")

    asyncio.run(check())
    somebody, nobody = costs
    assert somebody == nobody
