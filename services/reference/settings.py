"""Settings of reference; see backbone.settings for the shared ones."""

from __future__ import annotations

from backbone.settings import ServiceSettings


class ReferenceSettings(ServiceSettings):
    """`max_body_bytes` is entry's: a document of 10,000 rows can be filled as well as saved."""

    port: int = 8108
    max_body_bytes: int = 24 * 1024 * 1024
