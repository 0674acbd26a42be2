"""Files between processes, beside the code that Python keeps compiled: whole, or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets

DIGEST_BYTES = 32


def read_whole(path: str) -> bytes | None:
    """Return what was written to a file; ``None`` where there is none, or it was damaged."""
    try:
        with open(path, "rb", buffering=0) as file:
            content = file.read()
    except OSError:
        return None
    body = content[DIGEST_BYTES:]
    return body if hashlib.sha256(body).digest() == content[:DIGEST_BYTES] else None


def write_whole(path: str, body: bytes) -> bool:
    """Write a file with its hash before it; return whether there was room and right to do it.

    Other processes see the file as it was, or the whole new one.
    """
    folder, name = os.path.split(path)
    half = os.path.join(folder, f".{name}-{secrets.token_hex(8)}")
    try:
        os.makedirs(folder, exist_ok=True)
        with open(half, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
        os.replace(half, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(half)
        return False
    return True
