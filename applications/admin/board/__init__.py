"""The ranking board: the order of a call, what it would bring, and moves by hand."""
