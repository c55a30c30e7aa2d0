"""底账: what documents of a tenant move, what is left, and what is checked before declaring."""
