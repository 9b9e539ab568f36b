"""What `standard` means: the covariates that every study of Nav clients conditions on.

The population room makes them; a test there holds them to this table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandardCovariate:
    """One covariate, or one for each month or value. group : as in `sensitivity.hidden_confounder.benchmark`."""

    group: str
    table: str
    what: str


STANDARD = (
    StandardCovariate("kjoenn", "person", "sex"),
    StandardCovariate("alder", "person", "age at time zero, and its square"),
    StandardCovariate("innvandring", "person", "immigrant category"),
    StandardCovariate("foreldre", "person", "parents' level of education"),
    StandardCovariate("utdanning", "utdanningsnivaa", "level of education attained"),
    StandardCovariate("utdanning", "utdanningsforloep", "whether in education"),
    StandardCovariate(
        "arbeid", "arbeidsforhold", "employed and cash wages, month by month 24m before; months since last job"
    ),
    StandardCovariate("naering", "arbeidsforhold", "industry and occupation of the last job within 24m before"),
    StandardCovariate("ledighet", "arbeidssoeker", "months unemployed 24m before; local unemployment"),
    StandardCovariate("ledighet", "vedtak14a", "months registered"),
    StandardCovariate("ytelse", "ytelse", "months on each benefit 24m before"),
    StandardCovariate("tiltak", "tiltak", "months in each group of measures 24m before"),
    StandardCovariate("innsatsgruppe", "vedtak14a", "need for assistance at time zero"),
    StandardCovariate("nav_kontor", "vedtak14a", "Nav office at time zero"),
    StandardCovariate("fylke", "bosted", "county of residence at time zero, borders of 2024"),
)
