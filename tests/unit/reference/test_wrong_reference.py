"""Every service words an unknown reference, and one out of use, alike."""

from __future__ import annotations

from uuid import uuid4

from services.references import wrong_reference

GIVEN = uuid4()


def test_nothing_given_or_in_use_is_right() -> None:
    assert wrong_reference("client_id", "客户", None, None, None) is None
    assert wrong_reference("client_id", "客户", GIVEN, "active", "示例货主") is None


def test_what_identity_has_not_told_is_named_by_what_was_given() -> None:
    found = wrong_reference("team_id", "班组", GIVEN, None, None)
    assert found is not None and (found.code, found.pointer) == ("unknown_reference", "/team_id")
    assert "「班组」" in found.message and str(GIVEN) in found.message


def test_what_is_out_of_use_is_called_by_its_name() -> None:
    found = wrong_reference("enterprise_id", "企业", GIVEN, "closed", "示例报关行")
    assert found is not None and (found.code, found.pointer) == ("out_of_use", "/enterprise_id")
    assert "示例报关行" in found.message
