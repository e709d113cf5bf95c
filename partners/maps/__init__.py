"""The map of the host universities, drawn by us from their coordinates."""
