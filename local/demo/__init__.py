"""A small business of every kind of document from entry to its end and its PDF, through the public API of this machine."""
