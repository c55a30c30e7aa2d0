"""What tells firms, people and programs apart holds nothing that nobody sees, and nothing that only looks like another.

A text field of a body is a key unless it is named here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backbone import bodies
from services.identity.bodies import Body, UserBody
from tests.support.body_texts import UNSEEN, WIDE, codes_for, texts_of

# Passwords; what a login or a code is looked up by, which finds nobody when it is wrong; and what a key proves.
NO_KEYS = {
    *(("LoginBody", name) for name in ("tenant", "login", "password")),
    *(("ChallengeBody", name) for name in ("tenant", "login")),
    ("EnrolmentBody", "code"),
    ("CardProofBody", "challenge"),
    ("CardProofBody", "signature"),
    ("UserCardBody", "certificate"),
    ("NewUserBody", "password"),
    ("AdministratorBody", "password"),
    ("PasswordBody", "password"),
    ("OwnPasswordBody", "current_password"),
    ("OwnPasswordBody", "new_password"),
}
# Names as firms are registered and people are called: letters of full width are real in them, and two may share one.
NAMES = {
    (body, "name")
    for body in (
        "EnterpriseBody", "ClientBody", "HolderBody", "UserBody", "NewUserBody", "AdministratorBody", "NewTenantBody",
        "TenantBody",
    )
}  # fmt: skip


def _bodies(of: type[Body] = Body) -> Iterator[type[Body]]:
    for model in of.__subclasses__():
        yield model
        yield from _bodies(model)


TEXTS = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model, name in texts_of(dict.fromkeys(_bodies()))
    if (model.__name__, name) not in NO_KEYS
]


@pytest.mark.parametrize(("model", "name"), TEXTS)
def test_a_key_refuses_what_nobody_sees_and_what_is_of_full_width(model: type[Body], name: str) -> None:
    assert codes_for(model, name, UNSEEN) == {"unseen_character"}
    wide = {"wide_character"} if (model.__name__, name) not in NAMES else set()
    assert codes_for(model, name, WIDE) == wide


@pytest.mark.parametrize("character", "\u200b\u202e\n\t\x7f\u00a0\u3164")
@pytest.mark.parametrize("name", ["login", "name"])
def test_none_of_them_passes(name: str, character: str) -> None:
    assert codes_for(UserBody, name, f"ab{character}c") == {"unseen_character"}


def test_a_login_is_the_same_in_any_case() -> None:
    body = b'{"login": " Zhang.San ", "name": "\xe7\x94\xb2"}'
    assert bodies.parse(UserBody, body).login == "zhang.san"


def test_what_is_declared_no_key_is_there() -> None:
    there = {(model.__name__, name) for model, name in texts_of(_bodies())}
    assert there >= NO_KEYS | NAMES
