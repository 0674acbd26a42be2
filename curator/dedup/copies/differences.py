"""In what two aligned texts differ: letters here and there, or what they say.

A copy that was typed, scanned or respelled differs in single characters, wherever they stand. Two
pages of one make (villages, stations, players, the days of a calendar) differ in words and numbers,
and first of all in what they are about. A translation differs in the words of a language.
"""

from __future__ import annotations

import numpy as np

from curator.dedup.copies.letters import interchanged
from curator.kernels.alignment import SPACED_LONG, UNSPACED_LONG, Alignment
from curator.kernels.alignment.exchanges import MOST, NONE, NUMBERS, WORDS

DIGITS = 6
"""Aligned digits from which on they decide."""
EQUAL_DIGITS = 0.5
"""Least share of them that must be the same."""
SHORT = (100, 200)
"""Keys shorter than this, in unspaced and in spaced scripts, are a sentence or two on a comet, a
street or a year: the few numbers in it are all there is to say."""
EQUAL_DIGITS_SHORT = 0.8
"""Least share of the digits that must be the same in so short a text, however few there are."""
NEARLY_EQUAL = 0.95
"""Share of equal characters from which on it does not matter in what the others differ."""
LONG_CHANGES = 0.35
"""Share of long changes, among all, from which on words were exchanged and not letters."""
LONG_CHANGES_SHORT = 0.1
"""The same in short texts of spaced scripts, where two words have letters in common by chance: in
the messages of programs one word in ten is enough to say something else."""
CHANGES = 0.01
"""Long changes, a character of the text, that are enough to judge by."""

BEGINNING = (6, 16)
"""Characters before a subject at most, in unspaced and in spaced scripts, if it does not come
again: 「第一百三十四號元素」."""
FIRST_LETTER = 2
"""The same of a subject of one letter."""
NAME = (16, 40)
"""Characters of the longest name; what is longer is a headline or a sentence."""
NAMED = (250, 500)
"""Texts shorter than this are about their first words; above a longer one a site may put its own
name."""
SUBJECT_SHARE = 0.01
"""Least share of a text that is exchanged with its subject: the date and the number of readers that
a site puts above a long article are less."""
OTHER_CHANGES = (2, 0.01)
"""Changes beside an exchanged name at most: so many, and a share of the characters."""
OTHER_CHANGES_SHORT = (3, 0.05)
"""The same in so short a text; the larger of the two."""
OTHER_CHANGES_NUMBER = 0.05
"""Changes beside an exchanged number at most, a share of the characters."""
ALIKE = 0.2
"""Least share of changes that are as the first one, or of numbers, where it is what they are about:
beside them stand all those that letters replaced at random make."""
TRANSLATIONS = (3, 0.2)
"""Changes that put a letter of one language for one of its neighbour: so many, and the share of
those that were looked at, are a translation."""


def say_the_same(found: Alignment, lengths: np.ndarray, is_unspaced: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether the part of each pair says what the whole says.

    ``lengths`` is int64[n], the characters of the parts, and ``is_unspaced`` bool[n], their
    scripts. No pairs give no values.
    """
    same = same_numbers(found, lengths, is_unspaced) & same_words(found, lengths, is_unspaced)
    return same & ~other_subject(found, lengths, is_unspaced) & ~other_language(found)


def same_numbers(found: Alignment, lengths: np.ndarray, is_unspaced: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether the aligned digits allow that one is a copy of the other.

    Of 12,085 pairs of real copies, one character in five changed in some, no one fails by
    ``DIGITS`` and ``EQUAL_DIGITS``; of 5,033 pairs of different pages more than 70 % aligned, 3,836
    do. Of 594 pairs of short pages of Cantonese Wikipedia that are about different things 448 have
    other digits, of 305 pairs of short copies one.
    """
    enough = found.equal_digits >= EQUAL_DIGITS * found.digits
    enough_if_short = found.equal_digits >= EQUAL_DIGITS_SHORT * found.digits
    is_short = lengths < np.where(is_unspaced, *SHORT)
    return np.where(is_short, enough_if_short, enough | (found.digits < DIGITS))


def same_words(found: Alignment, lengths: np.ndarray, is_unspaced: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether what differs are letters rather than words.

    A change is long that covers ``UNSPACED_LONG`` or ``SPACED_LONG`` characters or more. Where one
    letter in five is replaced at random one change in five is of two letters or more and one in 25
    of three. Among 100,000 documents with planted copies 82 of 124 pairs of different pages that
    are aligned in Han script are told by ``LONG_CHANGES``, and 50 of 16,000 copies are lost; in
    Latin script (Indonesian help, Javanese, Sundanese, the Bible) 10 of 17,000 are lost.
    """
    is_message = ~is_unspaced & (lengths < SHORT[1])
    least = np.where(is_message, LONG_CHANGES_SHORT, LONG_CHANGES)
    are_words = found.long_changes >= least * found.changes
    are_words &= found.long_changes >= np.where(is_message, 1, CHANGES * lengths)
    return ~are_words | (found.equal >= NEARLY_EQUAL * lengths)


def other_subject(found: Alignment, lengths: np.ndarray, is_unspaced: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether the pages are about different things, as far as they begin with them.

    They are where something else stands near the beginning of both (``NEAR``), in three cases:

    - It is a word, an ideograph or a number that is exchanged for the same again further on; and
      the word or ideograph, but for as many places, no longer comes.
    - Two words are exchanged for one another, north for south and south for north.
    - It is a name at the very beginning (``BEGINNING``) of a text of less than ``NAMED``
      characters, or a number, and little else differs. Of a text without spaces that is shorter
      than ``SHORT`` one letter is enough, with one other change.

    Letters that writers of a language put for one another are no subject. Of 343 documents of
    Cantonese Wikipedia that would be dropped for others 234 are about something else: 189 of them
    stay by this, and 1 of the other 109. Of 500 planted twins of either script (short pages equal
    but for what they are about) 1 % and 3 % are dropped, without this 8 % and 48 %; of 10,452
    planted copies 3 are lost.
    """
    first = found.exchange
    exchanged = (first.kind != NONE) & ~interchanged(first.letter, first.other_letter)
    begins = exchanged & (first.before <= np.where(is_unspaced, *BEGINNING))
    others = found.changes - 1 - first.repeated - first.numbers
    as_first = 1 + first.repeated + 2 * first.turned
    counts = as_first * first.size >= SUBJECT_SHARE * lengths
    throughout = exchanged & counts & (as_first + first.numbers >= ALIKE * found.changes)
    no_longer = (first.kind == NUMBERS) | (first.kept <= first.repeated + 1)
    repeated = throughout & (first.kind >= WORDS) & (first.repeated > 0) & no_longer
    turned = throughout & begins & (first.turned > 0)
    is_short = lengths < np.where(is_unspaced, *SHORT)
    few, share = OTHER_CHANGES
    few_if_short, share_if_short = OTHER_CHANGES_SHORT
    most_if_short = np.maximum(few_if_short, share_if_short * lengths)
    is_name = first.size >= np.where(is_unspaced, UNSPACED_LONG, SPACED_LONG)
    is_name &= first.size <= np.where(is_unspaced, *NAME)
    name = begins & counts & is_name & (lengths < np.where(is_unspaced, *NAMED))
    name &= others <= np.where(is_short, most_if_short, few + share * lengths)
    number = begins & counts & (first.kind == NUMBERS)
    number &= others <= OTHER_CHANGES_NUMBER * lengths
    letter = exchanged & is_unspaced & is_short & (first.before <= FIRST_LETTER) & (others <= 1)
    return repeated | turned | name | number | letter


def other_language(found: Alignment) -> np.ndarray:
    """Return bool[n]: whether one is the other in a neighbour's words: 嘅 for 的, 咗 for 了.

    Cantonese Wikipedia has pages that follow a Mandarin one sentence by sentence, and both are
    kept. Of 15,000 pairs of planted copies in Han script none has as many such changes as
    ``TRANSLATIONS`` asks for, and pages of that kind twice as many.
    """
    least, share = TRANSLATIONS
    seen = np.minimum(found.changes, MOST)
    return (found.translations >= least) & (found.translations >= share * seen)
