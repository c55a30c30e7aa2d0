"""One business in which documents are made from one another and move a 账册, through the public API of this machine."""
