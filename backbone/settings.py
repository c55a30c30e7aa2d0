"""Settings every service shares. Read from the environment, prefix `BONDGATE_`."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where a service finds its database, Kafka and the token issuer. Services subclass it and add their own fields."""

    model_config = SettingsConfigDict(env_prefix="BONDGATE_", extra="ignore", frozen=True)

    database_url: str
    """Role `<database>_app`: forced row-level security, one tenant a transaction."""
    worker_database_url: str
    """Role `<database>_worker`: consumers, relay and job workers, which serve every tenant."""
    kafka_bootstrap_servers: str

    host: str = "127.0.0.1"
    port: int
    log_level: str = "info"

    token_issuer: str = "bondgate"  # noqa: S105 - a name
    token_audience: str = "bondgate"  # noqa: S105 - a name
    jwks_url: str
    """An external OIDC issuer replaces identity by setting this and `token_issuer`."""

    data_dir: Path = Path(".bondgate/data")
    pool_max_size: int = 10
