"""Proof that a model folder is right: its contract, its logits, and a run in a browser."""
