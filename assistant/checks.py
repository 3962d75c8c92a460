"""Start-up checks, each with an id and a hint."""
