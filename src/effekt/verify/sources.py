"""The data behind the published numbers: from packages, or shipped beside this file. Nothing is downloaded."""

from __future__ import annotations

from importlib import import_module, metadata
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from effekt.errors import MissingPackage, Problem

if TYPE_CHECKING:
    from pandas import DataFrame

_PACKAGES = {"causaldata": "causaldata", "synthdid": "synthdid-py"}
"""Module -> name under which it is installed; the versions are those of the extra `published`."""


def refuse_missing_packages() -> None:
    """Refuse to start without the data packages.

    Raises
    ------
    MissingPackage
        E807 naming what is missing; the help is the install command.
    """
    missing = [package for module, package in _PACKAGES.items() if not _importable(module)]
    if missing:
        raise MissingPackage(
            Problem(
                code="E807",
                sentence=f"the published data come from packages, and {' and '.join(missing)} cannot be imported",
                help=f"pip install {' '.join(_pinned(package) for package in missing)}",
                note="the extra `published` of effekt names both, with the versions the numbers were met with",
            )
        )


def _importable(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def _pinned(package: str) -> str:
    """Return the requirement as effekt's own metadata state it, `name==version`."""
    stated = (requirement.split(";")[0].strip() for requirement in metadata.requires("effekt") or [])
    return next((requirement for requirement in stated if requirement.startswith(package)), package)


def nsw() -> DataFrame:
    """445 rows: `treat`, `re78` (earnings in 1978, dollars) and covariates. `id` numbers the rows."""
    data = _causaldata("nsw_mixtape")
    return data.assign(id=range(1, len(data) + 1))


def castle() -> DataFrame:
    """50 states, 2000-2010: `sid`, `year`, `l_homicide`, and `treated` from the year of adoption on.

    causaldata's `post` starts the year after. Homicide comes in single precision and is widened, so that sums do
    not lose the digits the source prints.
    """
    data = _causaldata("castle")[["sid", "year", "post", "l_homicide"]].sort_values(["sid", "year"])
    next_year = data.groupby("sid")["post"].shift(-1).fillna(data["post"])
    panel = data.assign(treated=next_year.astype("int64"), l_homicide=data["l_homicide"].astype("float64"))
    return panel.drop(columns="post").reset_index(drop=True)


def prop99() -> DataFrame:
    """39 states, 1970-2000: `State`, `Year`, `PacksPerCapita`, `treated`."""
    data: DataFrame = import_module("synthdid").load_california_prop99()
    return data


def grunfeld() -> DataFrame:
    """11 firms, 1935-1954: `invest`, `value`, `capital`, `firm`."""
    data: DataFrame = import_module("statsmodels.datasets.grunfeld").load_pandas().data
    return data


def cattaneo() -> DataFrame:
    """4,642 births: `bweight` (grams), `mbsmoke_` 0/1, `mage`, `prenatal1_`, `mmarried_`, `fbaby_`."""
    from pandas import read_csv

    with as_file(files("statsmodels.treatment.tests.results").joinpath("cataneo2.csv")) as path:
        return read_csv(path)


def shipped(name: str) -> DataFrame:
    """Return a table that lies beside this file: ``collapsed`` or ``county15``."""
    from pandas import read_csv

    with as_file(files("effekt.verify").joinpath(f"data/{name}.csv")) as path:
        return read_csv(path)


def _causaldata(name: str) -> DataFrame:
    loader: Any = getattr(import_module("causaldata"), name)
    data: DataFrame = loader.load_pandas().data
    return data
