"""Readers of file formats: bytes in, Markdown out. They run in a child process and import nothing else of ours."""
