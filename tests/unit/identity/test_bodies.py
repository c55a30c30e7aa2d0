"""What callers send: every error at once, with its place, in Chinese."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from backbone import bodies
from backbone.refusals import InvalidRequest
from contracts.permissions import PERMISSIONS, UNASSIGNABLE
from services.identity.bodies import (
    MAX_SCOPED_IDS,
    Body,
    ClientBody,
    EnterpriseBody,
    NewTenantBody,
    NewUserBody,
    RoleBody,
    UserBody,
)

ENTERPRISE = {
    "name": "示例保税物流有限公司",
    "customs_code": "3105W60ABC",
    "uscc": "91330206EXAMPLE02C",
    "route": {"mailbox": "demo-1", "sender_id": "DXPENT0000000001", "sys_id": "Z7"},
}


def problems(model: type[Body], content: object) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        bodies.parse(model, json.dumps(content).encode())
    for found in caught.value.problems:
        assert found.message and found.hint and "{" not in found.message + found.hint
    return {found.pointer: found.code for found in caught.value.problems}


def parsed(model: type[Body], content: object) -> Body:
    return bodies.parse(model, json.dumps(content).encode())


def test_a_good_enterprise_gets_its_defaults() -> None:
    body = parsed(EnterpriseBody, ENTERPRISE)
    assert isinstance(body, EnterpriseBody)
    assert (body.status, body.route.signing, body.route.card_no) == ("active", "none", None)


def test_everything_wrong_with_an_enterprise_at_once() -> None:
    found = problems(
        EnterpriseBody,
        {
            "name": " ",
            "customs_code": "31O5W60ABC",
            "uscc": "91330206EXAMPLE02D",
            "route": {"mailbox": "../x", "card_no": "12", "sender_id": 7, "sys_id": "Q1", "more": 1},
            "status": "closed",
            "version": 3,
        },
    )
    assert found == {
        "/name": "required",
        "/customs_code": "wrong_form",
        "/uscc": "wrong_checksum",
        "/route/mailbox": "wrong_form",
        "/route/card_no": "wrong_form",
        "/route/sender_id": "wrong_type",
        "/route/sys_id": "unknown_code",
        "/route/more": "unknown_field",
        "/status": "not_one_of",
        "/version": "unknown_field",
    }


def test_problems_name_the_place_in_words() -> None:
    with pytest.raises(InvalidRequest) as caught:
        bodies.parse(UserBody, json.dumps({"login": "a1", "name": "甲", "assignments": [{}]}).encode())
    (found,) = caught.value.problems
    assert found.pointer == "/assignments/0/role_id"
    assert "「授权第1项的角色」" in found.message


@pytest.mark.parametrize("name", ["a\x00b", "x\u2028y", "甲" * 257, "\ud800"])
def test_names_that_no_message_could_carry(name: str) -> None:
    with pytest.raises(InvalidRequest):
        parsed(ClientBody, {"name": name})


def test_a_name_as_long_as_customs_allows() -> None:
    parsed(ClientBody, {"name": "甲" * 256})


def test_operating_the_platform_cannot_be_handed_out() -> None:
    for held_by_programs in UNASSIGNABLE:
        assert problems(RoleBody, {"name": "坏", "permissions": [held_by_programs, "x"]}) == {
            "/permissions/0": "not_one_of",
            "/permissions/1": "not_one_of",
        }
    parsed(RoleBody, {"name": "全部", "permissions": sorted(set(PERMISSIONS) - UNASSIGNABLE)})


def test_a_password_may_not_hold_the_login() -> None:
    content = {"login": "Clerk01", "name": "甲", "password": "my-CLERK01-password"}
    assert problems(NewUserBody, content) == {"/password": "password_too_easy"}


def test_a_scope_that_would_not_fit_a_header_is_refused() -> None:
    def user(count: int) -> dict[str, object]:
        ids = [str(uuid4()) for _ in range(count)]
        return {"login": "a1", "name": "甲", "assignments": [{"role_id": str(uuid4()), "clients": ids}]}

    parsed(UserBody, user(MAX_SCOPED_IDS))
    assert problems(UserBody, user(MAX_SCOPED_IDS + 1)) == {"/assignments": "longer_than_allowed"}


@pytest.mark.parametrize("slug", ["ab", "Demo", "-demo", "demo-", "demo_1", "d" * 41, "示例"])
def test_a_slug_is_plain(slug: str) -> None:
    admin = {"login": "admin", "name": "甲", "password": "correct horse battery"}
    assert problems(NewTenantBody, {"slug": slug, "name": "示例", "admin": admin}) == {"/slug": "wrong_form"}


@pytest.mark.parametrize(
    "name", ["CON", "nul", "Aux", "prn", "com1", "LPT9", "-rf", "-", "a.", "con.txt", "x "]
)
def test_a_mailbox_has_no_name_that_windows_or_a_shell_takes_otherwise(name: str) -> None:
    content = ENTERPRISE | {"route": {**ENTERPRISE["route"], "mailbox": name}}  # type: ignore[dict-item]
    code = problems(EnterpriseBody, content)["/route/mailbox"]
    assert code == ("unfit_value" if name.isalnum() else "wrong_form")


@pytest.mark.parametrize("name", ["console", "nul-1", "_con", "com10", "a-"])
def test_other_mailboxes_are_taken(name: str) -> None:
    parsed(EnterpriseBody, ENTERPRISE | {"route": {**ENTERPRISE["route"], "mailbox": name}})  # type: ignore[dict-item]
