"""What the head of a dump says of its wiki."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from curator.acquire.wikipedia.site import CANONICAL, Site
from curator.acquire.wikipedia.streams import chunks
from curator.io.blocks import Block

HEAD_BYTES = 1 << 20
"""Bytes in which the description of the wiki is looked for."""
SITEINFO = re.compile(rb"<siteinfo\b.*?</siteinfo>", re.S)


def read_site(block: Block, wiki: str | None, handlers: str | None, most: int) -> Site:
    """Return what the head of a dump says of its wiki; names every wiki has where it is silent.

    Only the ``<siteinfo>`` element is parsed, alone: no document type, and so no entity, is read.
    """
    head = bytearray()
    for chunk in chunks(block, most):
        head += chunk.data
        if len(head) >= HEAD_BYTES or chunk.damage or b"<page>" in head or b"</siteinfo>" in head:
            break
    name, namespaces = "", dict(CANONICAL)
    match = SITEINFO.search(head)
    if match:
        name, found = parse_siteinfo(match[0])
        namespaces = found or namespaces
    name = wiki or name or re.split(r"[-.]", Path(block.file).name)[0]
    return Site(name, namespaces, handlers)


def parse_siteinfo(data: bytes) -> tuple[str, dict[int, str]]:
    """Return database name and namespaces of a ``<siteinfo>``; nothing where it is broken."""
    name: list[str] = []
    namespaces: dict[int, str] = {}
    inside: list[str] = []
    keys: list[int] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "namespace":
            key = attributes.get("key", "")
            keys.append(int(key) if re.fullmatch("-?[0-9]{1,6}", key) else -99)
            namespaces[keys[-1]] = ""

    def text(data: str) -> None:
        if inside[-1] == "dbname":
            name.append(data.strip())
        elif inside[-1] == "namespace":
            namespaces[keys[-1]] += data

    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: inside.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return "", {}
    namespaces.pop(-99, None)
    return "".join(name), namespaces
