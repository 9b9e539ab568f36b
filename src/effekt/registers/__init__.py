"""What the registers ARE: tables, variables, temporality. Data files, read by ``schema``; no file formats."""
