"""Reproducible comparisons with torch.nn and d2l; results lie in `rnnlib/results` as JSON."""
