"""Sources of documents beyond plain files."""

from curator.acquire.pycantonese import PyCantonese

__all__ = ["PyCantonese"]
