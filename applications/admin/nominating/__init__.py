"""The last pages of a round: check, nominate, correct, note the hosts' answers."""
