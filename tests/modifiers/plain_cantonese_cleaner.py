"""The rules of ``CantoneseCleaner`` as regular expressions: slow, the kernel is held to them."""

from __future__ import annotations

import unicodedata

import regex

from curator.modifiers import CantoneseCleaner

HAN = r"\p{Han}"
SPACES = " \t\xa0\u3000"
CONTROL = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
CLOSING = "，。、；：？！」』）》〉】"
OPENING = "「『（《〈【"
DELIMITERS = "，、；：,;"
SPELLED_OUT = regex.compile(rf"(?<!{HAN}){HAN}(?:[{SPACES}]{HAN}(?!{HAN})){{2,}}", regex.VERSION1)
SPACE = regex.compile(f"[{SPACES}]")
SPACE_AT_PUNCTUATION = regex.compile(
    rf"(?<=[{HAN}{CLOSING}])[{SPACES}]+(?=[{CLOSING}])|(?<=[{OPENING}])[{SPACES}]+(?={HAN})"
)
RUN = regex.compile(r"([！？!?。．，,、；;：~～…⋯])\1+")
BRACKETS = (
    # Empty, or with nothing but delimiters in it.
    regex.compile(rf" ?（[{DELIMITERS}\s]*）|(?<={HAN})[ ]?\([,，、 ]*\)"),
    # A delimiter with nothing before it, or nothing after it.
    regex.compile(rf"(?<=（)[，、, ][{DELIMITERS} ]*(?=[^{DELIMITERS} ])"),
    regex.compile(rf"(?<=[^{DELIMITERS} ])[，、, ]+(?=）)"),
)
RADICALS = {
    point: unicodedata.normalize("NFKC", chr(point))
    for point in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6))
}
WIDE = {point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F) if chr(point).isalnum()}


def plain_clean(cleaner: CantoneseCleaner, text: str) -> str:
    """Return what ``cleaner`` makes of ``text``."""
    while (cleaned := clean_once(cleaner, text)) != text:
        text = cleaned
    return text


def clean_once(cleaner: CantoneseCleaner, text: str) -> str:
    """Run every rule once, in order, over the whole text."""
    if cleaner.remove_controls:
        text = CONTROL.sub("", text)
    if cleaner.fold_radicals:
        text = text.translate(RADICALS)
    if cleaner.narrow_full_width_alphanumerics:
        text = text.translate(WIDE)
    if cleaner.join_spelled_out_han:
        text = SPELLED_OUT.sub(lambda match: SPACE.sub("", match.group()), text)
    if cleaner.repair_brackets:
        for expression in BRACKETS:
            text = expression.sub("", text)
    if cleaner.remove_space_at_punctuation:
        text = SPACE_AT_PUNCTUATION.sub("", text)
    cap = cleaner.max_repeated_punctuation
    if cap is not None:
        text = RUN.sub(lambda match: match.group()[:cap], text)
    return text
