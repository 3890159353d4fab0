"""Reproducible comparisons with torch.nn and d2l; results lie in `benchmarks/results` as JSON."""
