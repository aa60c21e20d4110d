"""The power board of a station: pilots, contactors and socket meters behind the board link (docs/board-link.md)."""
