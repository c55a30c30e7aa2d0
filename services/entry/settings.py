"""Settings of entry; see backbone.settings and backbone.objects for the shared ones."""

from __future__ import annotations

from backbone.objects import ObjectStoreSettings


class EntrySettings(ObjectStoreSettings):
    """`max_body_bytes` leaves room for 10,000 goods lines (about 6 MB of JSON) with long texts."""

    port: int = 8102
    max_body_bytes: int = 24 * 1024 * 1024
