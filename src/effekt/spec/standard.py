"""What `standard` means: the covariates that every study of Nav clients conditions on.

The population room makes them; a test there holds them to this table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandardCovariate:
    """One covariate, or one for each month or value. group : as in `sensitivity.hidden_confounder.benchmark`.

    columns : the columns of the register it is made from, besides the person. months : how far back it looks; 0 = it
    is read as of time zero.
    """

    group: str
    table: str
    what: str
    columns: tuple[str, ...]
    months: int = 0


_SPELL = ("start", "slutt")


STANDARD = (
    StandardCovariate("kjoenn", "person", "sex", ("kjoenn",)),
    StandardCovariate("alder", "person", "age at time zero, and its square", ("foedselsaar", "foedselsmaaned")),
    StandardCovariate("innvandring", "person", "immigrant category", ("innvkat",)),
    StandardCovariate("foreldre", "person", "parents' level of education", ("foreldre_utdanning",)),
    StandardCovariate("utdanning", "utdanningsnivaa", "level of education attained", (*_SPELL, "nus2000")),
    StandardCovariate("utdanning", "utdanningsforloep", "whether in education", _SPELL),
    StandardCovariate(
        "arbeid",
        "arbeidsforhold",
        "employed and cash wages, month by month 24m before; months since last job",
        ("maaned", "kontantlonn"),
        24,
    ),
    StandardCovariate(
        "naering",
        "arbeidsforhold",
        "industry and occupation of the last job within 24m before",
        ("maaned", "hovedjobb", "arbeidstid", "naering", "yrke"),
        24,
    ),
    StandardCovariate(
        "ledighet",
        "arbeidssoeker",
        "months unemployed 24m before; local unemployment",
        (*_SPELL, "hovedstatus"),
        24,
    ),
    StandardCovariate("ledighet", "vedtak14a", "months registered", _SPELL),
    StandardCovariate("ytelse", "ytelse", "months on each benefit 24m before", (*_SPELL, "ytelse"), 24),
    StandardCovariate("tiltak", "tiltak", "months in each group of measures 24m before", (*_SPELL, "gruppe"), 24),
    StandardCovariate("innsatsgruppe", "vedtak14a", "need for assistance at time zero", (*_SPELL, "innsatsgruppe")),
    StandardCovariate("nav_kontor", "vedtak14a", "Nav office at time zero", (*_SPELL, "nav_kontor")),
    StandardCovariate(
        "fylke", "bosted", "county of residence at time zero, borders of 2024", (*_SPELL, "kommunenr", "status")
    ),
)
