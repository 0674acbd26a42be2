"""Templates, links and language conversion, read from the inside out with a stack of our own.

Nothing is expanded, nothing recurses: every bracket is looked at once, so the time grows with the
length of the page, whatever is nested in what.
"""

from __future__ import annotations

import re
from collections import Counter

from curator.acquire.wikipedia import handlers, site
from curator.acquire.wikipedia.conversion import convert, forms_of
from curator.acquire.wikipedia.functions import parser_function
from curator.acquire.wikipedia.handlers import FLAGS, Call, Handler, arguments_of, template_name
from curator.acquire.wikipedia.marks import FENCE, PIPE, is_blank, protect, restore
from curator.acquire.wikipedia.site import Site, is_picture

TOKEN = re.compile(
    r"\[\[([^\[\]{}|\n:<]+)(?:\|([^\[\]{}|\n]+))?\]\](?!\])"  # a plain link, most of all brackets
    r"|\{\{([^{}|\[\]\n:#]+)((?:\|[^{}\[\]]*)?)\}\}(?![}-])"  # one without inner ones
    r"|\{\{+|\}\}+-?|\[\[+|\]\]+|-\{(?!\{)|-\{(?=\{\{(?!\{))|\}-"
)
TEMPLATE, LINK, CONVERSION = "{", "[", "-"
MOST_NESTED = 100
"""Brackets open at once; those opened inside are passed over. MediaWiki stops at 100, too."""
LONGEST_GUESS = 40
"""Characters of an unknown template's first argument that are taken for shown text."""
URL = re.compile(r"(?:https?:)?//|www\.|[^\s]+\.(?:com|org|net|html?)\b", re.I)
GUESSED = re.compile(r"[^\W\d_]")
PARAMETERS = re.compile(r"(?:[ \t]*(?:\||\}\}|<!--)[^\n]*\n)+")
QUALIFIER = re.compile(r"\(([^()]+)\)$|，[^，]*$|,[^,]*$")
"""What `[[Foo (bar)|]]` does not show."""
KNOWN_NAMES = 65_536
"""Different template names remembered with their handlers; dumps have some thousands."""


class Frame:
    """A bracket that is open."""

    __slots__ = ("braces", "kind", "limit", "own_line", "parts", "start")

    def __init__(self, kind: str, braces: int, start: int, limit: int, own_line: bool) -> None:
        self.kind = kind
        self.braces = braces
        self.start = start
        self.limit = limit
        """Position after which the bracket counts as never closed."""
        self.own_line = own_line
        self.parts: list[str] = []


class Page:
    """What reading the brackets of one page found."""

    def __init__(self) -> None:
        self.categories: dict[str, None] = {}
        self.flags: set[str] = set()
        self.unhandled: Counter[str] = Counter()
        self.rules: list[dict[str, str]] = []


class Names:
    """Handlers by the names as pages write them; one for all pages of a wiki."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: dict[str, tuple[str, Handler | None]] = {}

    def find(self, written: str) -> tuple[str, Handler | None]:
        """Return a template's casefolded name and its handler."""
        found = self._known.get(written)
        if found is None:
            name = template_name(written)
            prefix, colon, rest = name.partition(":")
            if colon and self.site.namespace(prefix) == site.TEMPLATE:
                name = rest.strip()
            found = (name, self.site.pack.handler(name))
            if len(self._known) < KNOWN_NAMES:
                self._known[written] = found
        return found


class Brackets:
    """Reads one page; ``read`` returns its text and fills ``page``."""

    def __init__(self, site: Site, names: Names, title: str, captions: bool) -> None:
        self.site = site
        self.names = names
        self.title = title
        self.captions = captions
        self.page = Page()

    def read(self, text: str) -> str:
        """Return the text without templates, inner links and conversions."""
        self.text = text
        self.stack: list[Frame] = []
        self._root: list[str] = []
        self.parts = self._root
        self.breaks = -1
        append, position = self.parts.append, 0
        for match in TOKEN.finditer(text):
            start = match.start()
            if start > position:
                append(text[position:start])
            position = match.end()
            if self.stack and start > self.stack[-1].limit:
                self._give_up(start)
            index = match.lastindex
            if index is None:
                self._bracket(match[0], start, position)
            elif index <= 2:
                shown = match[2] or match[1]
                self.parts.append(protect(shown) if self.stack else shown)
            else:
                own_line = self._begins_line(start) and self._ends_line(position)
                self._put(self._template(match[3] + match[4], own_line))
            append = self.parts.append
        append(text[position:])
        while self.stack:
            self._unfinished(self.stack.pop())
        return restore("".join(self.parts))

    # -- brackets ---------------------------------------------------------------------------

    def _bracket(self, token: str, start: int, end: int) -> None:
        first = token[0]
        if first == "{":
            self._push(TEMPLATE, len(token), start)
        elif first == "}":
            self._close_braces(token, end)
        elif first == "[":
            if len(token) % 2:
                self.parts.append("[")
            for place in range(start + len(token) % 2, end, 2):
                self._push(LINK, 2, place)
        elif first == "]":
            if len(token) % 2:
                self.parts.append("]")
            for _ in range(len(token) // 2):
                if self._unwind(LINK):
                    self._put(self._link("".join(self._pop().parts)))
                else:  # may close a link outwards: `[[http://a b]]`
                    self.parts.append("]]")
        else:
            self._push(CONVERSION, 1, start)

    def _push(self, kind: str, braces: int, start: int) -> None:
        if len(self.stack) >= MOST_NESTED:
            return
        limit = len(self.text) if kind == TEMPLATE else self._paragraph_end(start)
        frame = Frame(kind, braces, start, limit, self._begins_line(start))
        self.stack.append(frame)
        self.parts = frame.parts

    def _pop(self) -> Frame:
        frame = self.stack.pop()
        self.parts = self.stack[-1].parts if self.stack else self._root
        return frame

    def _close_braces(self, token: str, end: int) -> None:
        dash = token.endswith("-")
        left = len(token) - dash
        while left >= 2 and self._unwind(TEMPLATE):
            frame = self._pop()
            taken = 3 if frame.braces >= 3 and left >= 3 and frame.braces != 4 else 2
            inside = "".join(frame.parts)
            left -= taken
            frame.braces -= taken
            if taken == 3:
                shown = inside.partition("|")[2]
            else:
                own_line = frame.own_line and frame.braces == 0 and self._ends_line(end - left)
                shown = self._template(inside, own_line)
            if frame.braces >= 2:
                frame.parts = [protect(shown)]
                self.stack.append(frame)
                self.parts = frame.parts
            else:
                self._put("{" * frame.braces + shown)
        if dash and left == 1 and self._unwind(CONVERSION):
            self._put(self._conversion("".join(self._pop().parts)))
        elif dash:
            self.parts.append("-")

    def _unwind(self, kind: str) -> bool:
        """Make the innermost open bracket one of ``kind``; ``False`` where none is open."""
        for depth in range(len(self.stack) - 1, -1, -1):
            if self.stack[depth].kind == kind:
                while len(self.stack) > depth + 1:
                    self._unfinished(self._pop())
                return True
        return False

    def _give_up(self, position: int) -> None:
        while self.stack and position > self.stack[-1].limit:
            self._unfinished(self._pop())

    def _unfinished(self, frame: Frame) -> None:
        """Show what an unclosed bracket holds; a file's or a template's parameters are no text."""
        inside = "".join(frame.parts)
        parent = self.stack[-1].parts if self.stack else self._root
        if frame.kind == LINK and self._is_file(inside.partition("|")[0]):
            inside = FENCE + inside[len(inside.partition("\n")[0]) :]
        elif frame.kind == TEMPLATE:
            name, newline, rest = inside.partition("\n")
            if newline and "|" not in name.strip("|"):
                match = PARAMETERS.match(rest)
                inside = FENCE + "\n" + (rest[match.end() :] if match else rest)
            else:
                inside = FENCE + newline + rest
        elif frame.kind == LINK:
            inside = inside.partition("|")[2] if "|" in inside.partition("\n")[0] else inside
        parent.append(inside)
        self.parts = parent

    def _put(self, shown: str) -> None:
        self.parts.append(protect(shown) if self.stack else shown)

    def _paragraph_end(self, position: int) -> int:
        if self.breaks < position:
            found = self.text.find("\n\n", position)
            self.breaks = len(self.text) if found < 0 else found
        return self.breaks

    def _begins_line(self, start: int) -> bool:
        before = self.text[max(0, start - 64) : start].rstrip(" \t" + FENCE)
        return start == 0 or before == "" or before[-1] in "\n}"

    def _ends_line(self, end: int) -> bool:
        after = self.text[end : end + 64].lstrip(" \t" + FENCE)
        return after == "" or after[0] in "\n{"

    # -- what they show ---------------------------------------------------------------------

    def _template(self, inside: str, own_line: bool) -> str:
        name, *rest = inside.split("|")  # arguments: the inner ones' bars are protected
        function = parser_function(name, rest, self.title)
        if function is not None:
            return function
        name, handler = self.names.find(name)
        if handler is None:
            self.page.unhandled[name[:80]] += 1
            return self._guess(rest, own_line)
        kind = handler.kind
        if kind == "drop":
            return FENCE
        if kind in FLAGS:
            self.page.flags.add(kind)
            return FENCE
        arguments = arguments_of(rest)
        if kind == "rules":
            for text in handlers.rule_texts(arguments):
                if forms := forms_of(text):
                    self.page.rules.append(forms)
            return FENCE
        before = self.parts[-1][-24:] if self.parts else ""
        return handlers.show(Call(handler, name, arguments, before, self.site.pack))

    def _guess(self, arguments: list[str], own_line: bool) -> str:
        """An unknown template inside a line shows its first argument, if that looks like words."""
        if own_line:
            return FENCE
        for argument in arguments:
            if "=" in argument or not argument.strip() or URL.match(argument.strip()):
                continue
            text = argument.strip()
            short = len(text) <= LONGEST_GUESS and "\n" not in text
            return text if short and GUESSED.search(text) and FENCE not in text else FENCE
        return FENCE

    def _link(self, inside: str) -> str:
        target, bar, label = inside.partition("|")
        if "\n" in target:
            return inside
        target = target.strip()
        if target.startswith(":"):
            target = target[1:].strip()
        elif ":" in target:
            prefix, _, name = target.partition(":")
            number = self.site.namespace(prefix)
            if number == site.CATEGORY:
                self.page.categories[_title(name)] = None
                return FENCE
            if number in (site.FILE, site.MEDIA) or (number is None and is_picture(target)):
                return self._caption(label) if number != site.MEDIA else label or target
            if number is None and self.site.is_interlanguage(prefix.strip()):
                return FENCE
        if not bar:
            return target
        if not label.strip() and PIPE not in label:
            return QUALIFIER.sub("", target.partition(":")[2] or target).strip() or target
        return label

    def _is_file(self, target: str) -> bool:
        prefix, colon, _ = target.partition(":")
        return bool(colon) and (
            self.site.namespace(prefix.strip()) == site.FILE or is_picture(target.strip())
        )

    def _caption(self, label: str) -> str:
        if not self.captions or not label:
            return FENCE
        caption = label.rpartition("|")[2].strip()
        return f"\n\n{caption}\n\n" if " " in caption or len(caption) > 12 else FENCE

    def _conversion(self, inside: str) -> str:
        converted = convert(inside, self.site.pack.variants)
        if converted.forms:
            self.page.rules.append(converted.forms)
        return converted.text if not is_blank(converted.text) else FENCE


def _title(name: str) -> str:
    """Return a page's title as MediaWiki writes it."""
    name = " ".join(restore(name).replace("_", " ").replace(FENCE, "").split())
    return name[:1].upper() + name[1:]
