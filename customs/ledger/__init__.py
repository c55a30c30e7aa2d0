"""底账 as they are followed here: what moves a line of a book, and what is known to be left on it."""
