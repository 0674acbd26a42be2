"""Trains a first language model on a run folder: manifest → batches → model → Hugging Face."""
