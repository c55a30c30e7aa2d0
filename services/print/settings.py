"""Settings of the print service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from backbone.settings import ServiceSettings


class PrintSettings(ServiceSettings):
    """Where documents come from, and how long PDFs are kept."""

    entry_url: str
    """Address of entry, asked for the document with the caller's own token."""
    query_url: str
    """Address of query, asked in the same way for what the authority answered."""
    print_keep_hours: int = Field(default=168, ge=1)
    print_renderers: int = Field(default=2, ge=1, le=16)
    print_large_renderers: int = Field(default=1, ge=1, le=4)
    """Beside the others, for jobs of many lines, documents or attachments."""

    @property
    def files_dir(self) -> Path:
        """The PDFs."""
        return self.data_dir / "print" / "files"

    @property
    def fonts_dir(self) -> Path:
        """Faces cut once."""
        return self.data_dir / "print" / "fonts"
