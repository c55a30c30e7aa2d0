"""The agent at a site: serves the import client's boxes and the cards there, over connections that it opens itself.

Runs on Linux and Windows; nothing here imports what only one of them has without the other way beside it.
"""
