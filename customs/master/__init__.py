"""Master data of a tenant: companies, goods, vehicles, templates, authorisations, and what they fill into documents."""
