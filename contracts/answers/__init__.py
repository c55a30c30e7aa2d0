"""What services answer over HTTP: one class an answer, which the service writes, OpenAPI shows and other services read.

How one is added: docs/adding-an-answer.md.
"""
