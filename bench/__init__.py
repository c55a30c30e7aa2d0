"""Benchmarks: what the platform costs beside the least its own building blocks could do, in one run, on the same servers.

Absolute times belong to the machine they were taken on; the column "× floor" is what to compare.
"""
