"""PDFs of the documents: layouts as data, one renderer, print jobs."""
