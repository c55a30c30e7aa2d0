"""A Single Window to practise against: import client, Single Window and customs in one program, on folders.

It shares no code with the product, so that it reads what the product wrote with its own eyes and its own facts.
"""
