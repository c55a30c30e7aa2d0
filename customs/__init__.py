"""What the trade knows: documents, messages of the Single Window, code tables, ledger, workbooks; pure, and the same for every service."""
