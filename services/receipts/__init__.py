"""The authority's answers: found in InBoxes, kept for ever, understood, matched and told once."""
