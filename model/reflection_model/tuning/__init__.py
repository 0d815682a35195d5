"""Reflection tuning: synthetic problems, masked training data, training and evaluation."""
