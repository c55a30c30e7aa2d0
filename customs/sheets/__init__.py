"""Documents as spreadsheets (.xlsx): templates and exports written, files of clerks and customers read."""
