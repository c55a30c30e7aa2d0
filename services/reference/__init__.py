"""Master data: code tables, companies, goods, trucks, templates, 委托, and what they fill into documents."""
