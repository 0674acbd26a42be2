"""Arithmetic on text buffers: no frames, no Dask, no files. One folder a kernel.

Each folder holds the contract (`__init__.py`), the body for the host (`cpu.py`, numba) and, where
one exists, the body for a GPU (`gpu.py` beside its `gpu.cu`), equal to the bit.
"""
