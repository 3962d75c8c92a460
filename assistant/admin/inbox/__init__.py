"""The inbox: a live page on which staff answer visitors together."""
