"""Training a tokenizer, measuring it, and writing the corpus as tokens.

The library of the same name is Hugging Face's `tokenizers`; its files are what this package writes.
"""

from curator.tokenizer.encode import encode_shards
from curator.tokenizer.encoder import TextEncoder, load_tokenizer, special_tokens
from curator.tokenizer.options import TokenizerOptions, TokenOptions
from curator.tokenizer.train import train_tokenizer

__all__ = [
    "TextEncoder",
    "TokenOptions",
    "TokenizerOptions",
    "encode_shards",
    "load_tokenizer",
    "special_tokens",
    "train_tokenizer",
]
