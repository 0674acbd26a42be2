"""LaTeX papers as text."""

from curator.acquire.latex.options import LatexOptions, Paper
from curator.acquire.latex.stream import TexError
from curator.acquire.latex.text import latex_text

__all__ = ["LatexOptions", "Paper", "TexError", "latex_text"]
