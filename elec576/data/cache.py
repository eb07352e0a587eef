"""The user's cache folder, and the cache of decoded pixels in it."""

import hashlib
import os
from pathlib import Path

import numpy as np
import platformdirs

from elec576.files import write_whole

HASH_BYTES = 32  # of SHA-256


def cache_folder() -> Path:
    """`$ELEC576_CACHE`, else `$XDG_CACHE_HOME/elec576`, else where the system's users expect it.

    That is `~/.cache/elec576`, on macOS `~/Library/Caches/elec576`, on Windows
    `%LOCALAPPDATA%\\elec576\\Cache`.
    """
    if own := os.environ.get('ELEC576_CACHE'):
        return Path(own)
    if everyones := os.environ.get('XDG_CACHE_HOME'):
        return Path(everyones) / 'elec576'
    return platformdirs.user_cache_path('elec576', appauthor=False)


class PixelCache:
    """One file of uint8 pixels, used only if it is up to date and intact.

    The file is the fingerprint of what was read (32 bytes), the SHA-256 of the pixels (32 bytes),
    the pixels.

    Args:
        key: identifies the pixels and names the file, so a key has at most one file.
    """

    def __init__(self, key: str):
        name = hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:16]
        self.path = cache_folder() / 'pixels' / name

    def load(self, fingerprint: bytes) -> np.ndarray | None:
        """The pixels (uint8 [n]), or None: absent, stale, cut short or corrupt."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        pixels = content[2 * HASH_BYTES:]
        if content[:2 * HASH_BYTES] != fingerprint + hashlib.sha256(pixels).digest():
            return None
        return np.frombuffer(pixels, np.uint8)

    def save(self, fingerprint: bytes, pixels: np.ndarray) -> None:
        """Save ``pixels``; a cache that cannot be written only costs time."""
        content = pixels.tobytes()
        try:
            write_whole(self.path, fingerprint + hashlib.sha256(content).digest() + content)
        except OSError:
            pass
