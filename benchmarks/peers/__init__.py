"""Deduplication beside other tools: a corpus with planted copies, and one harness that runs all."""
