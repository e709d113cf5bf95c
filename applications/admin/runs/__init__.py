"""Allocation runs at the desk: list, proof, comparison, what-if, advice, publication."""
