"""Analysis-ready tables: one row per unit, or per unit and period, as an econometrician holds them."""
