"""Language conversion: ``-{zh-hk:電腦;zh-cn:计算机}-`` shows one of its forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

CODE = r"zh(?:-[a-z]+)?|yue(?:-[a-z]+)?|[a-z]{2,3}(?:-[a-z]{2,4})?"
RULE = re.compile(rf"\s*(?:(?P<one>[^;]*?)=>\s*)?(?P<code>{CODE})\s*:(?P<form>.*)", re.S)
BETWEEN = re.compile(rf";(?=\s*(?:[^;]*?=>\s*)?(?:{CODE})\s*:|\s*$)")
FLAGS = re.compile(r"\s*[-+A-Z](?:\s*;\s*[-+A-Z])*\s*")
VARIANTS = re.compile(rf"\s*(?:{CODE})(?:\s*;\s*(?:{CODE}))*\s*;?\s*")
LONGEST = 5_000
"""Longer markup is text that happens to stand between ``-{`` and ``}-``."""


class Converted(NamedTuple):
    """What language conversion markup means."""

    text: str
    """What is shown here."""
    forms: dict[str, str]
    """Variant → form, where the markup is a rule for the whole page (flags A and H)."""


def forms_of(rules: str) -> dict[str, str]:
    """Return ``variant → form`` of ``zh-hk:電腦;zh-cn:计算机``, empty where it is no such list.

    >>> forms_of("zh-hk:電腦;zh-cn:计算机;")
    {'zh-hk': '電腦', 'zh-cn': '计算机'}
    """
    if ":" not in rules or len(rules) > LONGEST:
        return {}
    forms: dict[str, str] = {}
    for part in BETWEEN.split(rules):
        if not part.strip():
            continue
        rule = RULE.fullmatch(part)
        if rule is None:
            return {}
        forms.setdefault(rule["code"], rule["form"].strip())
    return forms


def preferred(forms: dict[str, str], variants: Sequence[str]) -> str:
    """Return the form of the first variant that has one, else the first form."""
    for variant in variants:
        if variant in forms:
            return forms[variant]
    return next(iter(forms.values()), "")


def convert(inside: str, variants: Sequence[str]) -> Converted:
    """Return what the inside of ``-{ }-`` shows; ``variants`` are tried in their order.

    >>> convert("zh-cn:计算机;zh-hk:電腦", ["zh-hk"]).text
    '電腦'
    >>> convert("巴士", ["zh-hk"]).text
    '巴士'
    >>> convert("H|zh-cn:公交;zh-hk:巴士", ["zh-hk"])
    Converted(text='', forms={'zh-cn': '公交', 'zh-hk': '巴士'})
    """
    before, pipe, rest = inside.partition("|")
    flags = ""
    if pipe and FLAGS.fullmatch(before):
        flags, inside = before, rest
    elif pipe and VARIANTS.fullmatch(before):
        return Converted(rest.strip(), {})
    if "R" in flags:
        return Converted(inside, {})
    forms = forms_of(inside)
    if not forms:
        hidden = any(flag in flags for flag in "HT-N")
        return Converted("" if hidden else inside, {})
    hidden = any(flag in flags for flag in "HT-")
    shown = "" if hidden else preferred(forms, variants)
    return Converted(shown, forms if "A" in flags or "H" in flags else {})
