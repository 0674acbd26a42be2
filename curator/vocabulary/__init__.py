"""What a corpus is made of: characters, words, n-grams, and n-grams that behave like words."""

from curator.vocabulary.build import build_vocabulary
from curator.vocabulary.new_words import NewWord
from curator.vocabulary.options import VocabularyOptions

__all__ = ["NewWord", "VocabularyOptions", "build_vocabulary"]
