"""Receipts of the 业务申报表."""

from __future__ import annotations

from customs.singlewindow.business_form.receipts import FORMS

__all__ = ["FORMS"]
