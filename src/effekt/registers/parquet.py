"""How canonical registers are written: the same rows are the same bytes, whoever writes them."""

from __future__ import annotations

from typing import Any

PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "version": "2.6",
    "data_page_version": "1.0",
    "use_dictionary": True,
    "store_schema": False,
}
"""Options of pyarrow's writer. How hard to compress, and which statistics to keep, is for whoever writes."""
