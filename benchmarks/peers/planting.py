"""The edits that make a planted copy of a document, by kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import opencc

from benchmarks.peers import templates
from benchmarks.peers.sources import LETTER, sentences

RESPELLED_HAN = str.maketrans("嘅哋咗喺嚟啲嘢畀佢嗰", "既地左係黎d野比渠果")
"""How chat writes what careful Cantonese writes."""

RESPELLED_LATIN = str.maketrans(
    {"u": "oe", "c": "tj", "y": "j", "j": "dj", "U": "Oe", "C": "Tj", "Y": "J", "J": "Dj"}
)
"""The spelling of Indonesian and Javanese before 1947, letter by letter."""

HALF_WIDTH = str.maketrans("，。！？：；（）「」、", ',.!?:;()"",')


@dataclass(frozen=True)
class Planter:
    """Makes copies of documents of one script; every method returns an edited text."""

    script: str
    rng: np.random.Generator
    letters: np.ndarray
    """Letters of the corpus as they come, one-character strings: what noise is drawn from."""
    held_out: Iterator[str]
    """Sentences that are in no document."""

    def exact(self, text: str) -> str:
        return text

    def format(self, text: str) -> str:
        """Other white space, line breaks, punctuation or case; the same letters."""
        kind = int(self.rng.integers(3))
        if self.script == "han":
            if kind == 0:
                return re.sub(r"\s+", "", text)
            if kind == 1:
                return "\n\n".join(s.strip() for s in sentences(text, "han"))
            return text.translate(HALF_WIDTH).replace("\n", " \r\n\u3000\u3000")
        if kind == 0:
            return re.sub(r"\s+", " ", text).lower()
        if kind == 1:
            return re.sub(r"[ ]", lambda m: self._one((" ", "  ", "\n")), text.replace(",", " ,"))
        return text.replace(" ", "\u00a0").replace(".", " .").replace('"', "“").upper()

    def blocks(self, text: str) -> str:
        """Drop sentences, 10 to 30 % of the characters; nothing where no such sentence is."""
        found = sentences(text, self.script)
        limit, gone = self.rng.uniform(0.15, 0.3) * len(text), set()
        for i in self.rng.permutation(len(found)):
            if len(found[i]) <= limit:
                limit -= len(found[i])
                gone.add(int(i))
        left = "".join(s for i, s in enumerate(found) if i not in gone)
        return left if len(left) <= 0.9 * len(text) else text

    def truncated(self, text: str) -> str:
        """Keep the first 50 to 70 % of the characters."""
        return text[: int(len(text) * self.rng.uniform(0.5, 0.7))]

    def boilerplate(self, text: str) -> str:
        """Navigation before and a footer after."""
        before, after = templates.site(self.script, self.rng)
        return before + text + after

    def append(self, text: str) -> str:
        """Held-out sentences after it, 20 to 40 % of its length."""
        return text + "\n" + self.passage(int(len(text) * self.rng.uniform(0.2, 0.4)))

    def passage(self, length: int) -> str:
        """Return held-out sentences of `length` characters together, cut at the end."""
        joint = "" if self.script == "han" else " "
        found = next(self.held_out)
        while len(found) < length:
            found += joint + next(self.held_out)
        return found[:length].strip()

    def shuffled(self, text: str) -> str:
        """The same sentences in another order."""
        found = sentences(text, self.script)
        joint = "" if self.script == "han" else " "
        return joint.join(found[i].strip(" ") for i in self.rng.permutation(len(found)))

    def noise(self, text: str, share: float) -> str:
        """Replace this share of the letters by other letters of the corpus."""
        places = np.array([match.start() for match in LETTER[self.script].finditer(text)])
        chosen = self.rng.choice(places, round(share * len(places)), replace=False)
        characters = list(text)
        for place in np.sort(chosen):
            old = characters[place]
            while characters[place] == old:
                characters[place] = str(self.letters[int(self.rng.integers(len(self.letters)))])
        return "".join(characters)

    def noise05(self, text: str) -> str:
        return self.noise(text, 0.05)

    def noise10(self, text: str) -> str:
        return self.noise(text, 0.10)

    def noise20(self, text: str) -> str:
        return self.noise(text, 0.20)

    def to_other_script(self, text: str) -> str:
        """Traditional to simplified or back, whichever changes more; Latin stays as it is."""
        if self.script != "han":
            return text
        simplified = CONVERTERS[self._one(("t2s", "hk2s"))](text)
        traditional = CONVERTERS["s2t"](text)
        return max(simplified, traditional, key=lambda other: changed(text, other))

    def respelled(self, text: str) -> str:
        """Cantonese as chat writes it; Latin script in the spelling before 1947."""
        return text.translate(RESPELLED_HAN if self.script == "han" else RESPELLED_LATIN)

    def _one(self, choices: tuple[str, ...]) -> str:
        return choices[int(self.rng.integers(len(choices)))]


CONVERTERS = {name: opencc.OpenCC(name).convert for name in ("t2s", "hk2s", "s2t")}

KINDS: dict[str, Callable[[Planter, str], str]] = {
    "exact": Planter.exact,
    "format": Planter.format,
    "blocks": Planter.blocks,
    "truncated": Planter.truncated,
    "boilerplate": Planter.boilerplate,
    "append": Planter.append,
    "shuffled": Planter.shuffled,
    "noise05": Planter.noise05,
    "noise10": Planter.noise10,
    "noise20": Planter.noise20,
    "script": Planter.to_other_script,
    "respelled": Planter.respelled,
}
"""Every kind of planted copy."""

LEAST_CHANGE = {"script": 0.05, "respelled": 0.01}
"""Share of characters that this kind has to change, or another kind is planted."""


def changed(text: str, other: str) -> float:
    """Share of characters that differ, place by place; 1 where the lengths differ."""
    if len(text) != len(other):
        return 1.0
    return sum(a != b for a, b in zip(text, other, strict=True)) / max(1, len(text))


def plant(planter: Planter, text: str, count: int) -> list[tuple[str, str]]:
    """Return `count` copies of a document with their kinds, no kind twice."""
    copies: list[tuple[str, str]] = []
    names = tuple(KINDS)
    for i in planter.rng.permutation(len(names)):
        if len(copies) == count:
            break
        kind = names[i]
        copy = KINDS[kind](planter, text)
        # Spaced scripts have no other script; a text without these words has no other spelling.
        least = LEAST_CHANGE.get(kind, 0.0)
        if kind == "exact" or (copy != text and changed(text, copy) >= least):
            copies.append((kind, copy))
    return copies
