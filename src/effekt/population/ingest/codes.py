"""Codes against their classifications, at the date of their row."""

from __future__ import annotations

import pyarrow as pa

from effekt.population.ingest.checked import Checked
from effekt.population.ingest.database import name, text
from effekt.registers.codes import classification
from effekt.registers.geography import VERSIONS
from effekt.registers.schema import Column

_INDUSTRY = "SN2007"
_PLACES = ("kommune", "fylke")


def check(checked: Checked) -> None:
    """Count, per column, the rows whose code is not one of its classification at their date."""
    for column in checked.table.columns.values():
        if column.name not in checked.columns:
            continue
        known = _known(checked, column)
        if known is None:
            continue
        wrong = f"{name(column.name)} is not null and not ({known})"
        count = checked.count(wrong)
        emptied = count and checked.policies.codes == "missing"
        checked.note(
            "codes",
            count,
            column=column.name,
            sentence=f"codes in `{column.name}` that do not exist at their date",
            help="give a `map`, a `crosswalk` or a `pad` for the column, or write `policies: {codes: missing}`",
            touched=count if emptied else 0,
        )
        if emptied:
            cells = ", ".join(
                f"case when {wrong} then null else {name(c)} end as {name(c)}" if c == column.name else name(c)
                for c in checked.columns
            )
            checked.becomes(f"select {cells} from {checked.relation}")


def _known(checked: Checked, column: Column) -> str | None:
    """Return the condition under which a code is one of its column, None where any text may stand."""
    cell = name(column.name)
    if column.classification and column.match == "exact":
        return _in_use(checked, column)
    if column.values and column.type == "code":
        return f"{cell} in ({', '.join(text(value) for value in column.values)})"
    if not column.classification:
        return None
    codes = classification(column.classification)
    if column.match == "prefix":
        return f"regexp_full_match({cell}, '[0-9]+') and {cell}[1] in ({', '.join(text(code) for code in codes)})"
    held = sorted({f"{d:02d}" for code in codes.values() for d in _spanned(code.covers)})
    whole = f"regexp_full_match({cell}, '[0-9]{{2}}([.][0-9]{{1,3}}|[0-9]{{1,3}})?')"
    divisions = f"{whole} and {cell}[1:2] in ({', '.join(text(d) for d in held)})"
    version = f"{column.name}_versjon"
    # Another version of the classification has other divisions, which are not known here.
    return f"({name(version)} <> '{_INDUSTRY}' or ({divisions}))" if version in checked.columns else divisions


def _spanned(covers: str) -> range:
    first, last = covers.split("..")
    return range(int(first), int(last) + 1)


def _in_use(checked: Checked, column: Column) -> str:
    codes = classification(column.classification)
    relation = f"codes_{column.classification}"
    checked.database.upload(
        relation,
        pa.table(
            {
                "code": pa.array(list(codes), pa.string()),
                "since": pa.array([code.valid_from or "0001-01-01" for code in codes.values()], pa.string()),
                "until": pa.array([code.valid_until or "9999-12-31" for code in codes.values()], pa.string()),
            }
        ),
    )
    known = f"{name(column.name)} in (select code from {relation}"
    time = checked.time
    if time is None or all(not code.valid_from and not code.valid_until for code in codes.values()):
        return f"{known})"
    when = f"make_date({name(time)}, 12, 31)" if time == "aar" else name(time)
    # Of the borders before the first version nothing is known, so nothing is held against them.
    before = f"{when} < date '{VERSIONS[0]}-01-01' or " if column.classification in _PLACES else ""
    return before + (
        f"exists (select 1 from {relation} c where c.code = {name(column.name)} "
        f"and {when} >= c.since::date and {when} < c.until::date)"
    )
