"""Settings of query; see backbone.settings for the shared ones."""

from __future__ import annotations

from backbone.settings import ServiceSettings


class QuerySettings(ServiceSettings):
    port: int = 8106
