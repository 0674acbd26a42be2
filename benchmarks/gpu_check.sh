#!/usr/bin/env bash
# Checks and measures the GPU bodies on a machine with an NVIDIA GPU, in one command:
#
#     bash benchmarks/gpu_check.sh [OUT] [--dry-run] [--megabytes N]
#
# 1. looks for what it needs: Python with NumPy, Numba and CuPy, and a GPU (exit code 3 without);
# 2. compares every GPU body with the CPU's, to the bit (exit code 1 where they differ);
# 3. measures each against the device's own copying speed and against the CPU body;
# 4. writes all of it as JSON to OUT (default: benchmarks/results/gpu.json).
#
# Needs no network and no installation. PYTHON names the interpreter; CURATOR_DATA may name a folder
# of jsonl files to run on beside the text that the script makes itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec env PYTHONPATH=".${PYTHONPATH:+:$PYTHONPATH}" "${PYTHON:-python3}" benchmarks/gpu_check.py "$@"
