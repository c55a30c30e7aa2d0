"""业务申报表 (SAS101): field catalogue and rules."""

from __future__ import annotations

from customs.documents.business_form.document import BUSINESS_FORM, BusinessForm

__all__ = ["BUSINESS_FORM", "BusinessForm"]
