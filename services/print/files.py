"""Files by job: a file is whole or not there; old ones go by age, whoever forgot them."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

_SUFFIX = ".pdf"
_UNFINISHED = ".part"
_PARTS = ".parts"


@dataclass(frozen=True, slots=True)
class Stored:
    """Facts of a finished file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Files:
    """Folder of PDFs, split by the last two digits of the id."""

    folder: Path

    def path(self, job_id: UUID) -> Path:
        """Where the finished file of this job lies, a ZIP too."""
        return self.folder / job_id.hex[-2:] / f"{job_id}{_SUFFIX}"

    def unfinished(self, job_id: UUID) -> Path:
        """Where it is written; the folder is made."""
        path = self.path(job_id).with_suffix(_UNFINISHED)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def parts(self, job_id: UUID) -> Path:
        """A folder for attachments and finished parts; it is made, and goes when the job has ended."""
        path = self.path(job_id).with_suffix(_PARTS)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def keep(self, job_id: UUID) -> Stored:
        """Make the written file durable and give it its name."""
        unfinished = self.unfinished(job_id)
        with unfinished.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        size = unfinished.stat().st_size
        unfinished.replace(self.path(job_id))
        folder = os.open(unfinished.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return Stored(size, digest)

    def remove(self, job_id: UUID) -> None:
        """The file and what is unfinished of it; nothing there is fine."""
        self.path(job_id).unlink(missing_ok=True)
        self.path(job_id).with_suffix(_UNFINISHED).unlink(missing_ok=True)
        self.remove_parts(job_id)

    def remove_parts(self, job_id: UUID) -> None:
        """What the file was made of."""
        shutil.rmtree(self.path(job_id).with_suffix(_PARTS), ignore_errors=True)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove what is older, finished or not; answers how many."""
        oldest, removed = time.time() - older_than_seconds, 0
        for path in self.folder.glob("*/*"):
            if path.suffix not in (_SUFFIX, _UNFINISHED, _PARTS) or path.stat().st_mtime >= oldest:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            removed += 1
        return removed
