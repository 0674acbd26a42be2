"""Benchmarks: each prints a ratio against a reference in the same run and keeps its figures."""
