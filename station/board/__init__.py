"""The station's side of the board link: its power electronics behind a stream socket."""
