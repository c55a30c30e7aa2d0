"""From a document and its layout to PDF pages."""
