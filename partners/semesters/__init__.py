"""The terms of hosts beside the semesters here: what fits, what overlaps, drawn and in words."""
