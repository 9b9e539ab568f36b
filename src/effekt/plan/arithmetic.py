r"""What a comparison could find before there is a single row: detectable effects of persons and of counties.

**Persons.** With :math:`n` identified participants, :math:`r` comparisons for each and an outcome with SD :math:`s`
(for a share, :math:`\sqrt{p (1 - p)}`) of which covariates explain :math:`R^2`,

.. math:: \mathrm{se} = s \sqrt{(1 - R^2) \left(\frac{1}{n} + \frac{1}{r n}\right)}, \qquad
          \mathrm{MDE} = \frac{(z_{1-\alpha/2} + z_{power}) \, \mathrm{se}}{1 - c}

where :math:`c` is the share of comparisons that are treated unseen: they move as participants do, so that only
:math:`1 - c` of an effect is left in the contrast (Bloom 1984 for no-shows, turned around). A share :math:`i` of
participants who can be identified leaves :math:`n = i N`. A hidden bias is no part of the standard error: it is found
again as an effect, with the probability that :func:`false_positive` gives.

**Units.** With :math:`G_1` of :math:`G` counties treated and a change that varies between counties with SD
:math:`s`, the difference of means has :math:`\mathrm{se} = s \sqrt{1/G_1 + 1/G_0}`; its degrees of freedom are
:math:`G - 2` under equal variances, and Satterthwaite's for CR2, which is Welch's test for two groups (Bell and
McCaffrey 2002; Imbens and Kolesár 2016). Divided by the share of the people behind the rate who take part, it is an
effect per participant.

Agrees with Stata ``power twoproportions`` up to its use of both rates, and ``power twomeans, sd1() sd2()``.

References: Bloom (1995), Evaluation Review 19; Bloom (1984), Evaluation Review 8; Bell and McCaffrey (2002), Survey
Methodology 28; Imbens and Kolesár (2016), Review of Economics and Statistics 98.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from effekt.numerics.power import minimum_detectable_effect, power_of


def sd_of_share(rate: float) -> float:
    """Return the SD of an outcome that is 1 for a share of persons and 0 for the others."""
    return math.sqrt(rate * (1.0 - rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDesign:
    """A comparison of persons as it is planned.

    participants : all who take part. identified : share of them the registers know, (0, 1]. comparisons : for each
    participant. sd : of the outcome without the programme, in its unit. r2 : share of its variance that covariates
    explain, [0, 1). contamination : share of comparisons treated unseen, [0, 1).
    """

    participants: float
    sd: float
    comparisons: float = 10.0
    r2: float = 0.0
    identified: float = 1.0
    contamination: float = 0.0

    @property
    def std_error(self) -> float:
        """Of the contrast as it is estimated; contamination does not change it, only what the contrast is of."""
        n = self.participants * self.identified
        if n <= 0:
            return math.inf
        return self.sd * math.sqrt((1.0 - self.r2) * (1.0 / n + 1.0 / (self.comparisons * n)))

    def detectable(self, *, power: float = 0.8, alpha: float = 0.05) -> float:
        """Return the least effect on a participant that is found with this power; infinite if nobody is identified."""
        if self.contamination >= 1.0:
            return math.inf
        least = minimum_detectable_effect(std_error=self.std_error, power=power, alpha=alpha)
        return least / (1.0 - self.contamination)

    def false_positive(self, hidden_bias: float, *, alpha: float = 0.05) -> float:
        """Return the probability that a hidden bias alone is taken for an effect, whatever its sign."""
        if math.isinf(self.std_error):
            return math.nan
        return power_of(effect=hidden_bias, std_error=self.std_error, alpha=alpha)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDesign:
    """A comparison of units, such as counties.

    treated, others : numbers of units. sd : of the change between units, in the outcome's unit. exposed : share of the
    persons behind a treated unit's rate who take part, over that of the others.
    """

    treated: int
    others: int
    sd: float
    exposed: float | None = None

    @property
    def std_error(self) -> float:
        """Of the difference in mean changes."""
        return self.sd * math.sqrt(1.0 / self.treated + 1.0 / self.others)

    @property
    def df(self) -> float:
        """Degrees of freedom with equal variances."""
        return float(self.treated + self.others - 2)

    @property
    def df_robust(self) -> float:
        """Satterthwaite's degrees of freedom of CR2 with equal variances; NaN with a single unit on a side."""
        if min(self.treated, self.others) < 2:
            return math.nan
        parts = 1.0 / self.treated, 1.0 / self.others
        lost = parts[0] ** 2 / (self.treated - 1) + parts[1] ** 2 / (self.others - 1)
        return sum(parts) ** 2 / lost

    @property
    def assignments(self) -> int:
        """Ways to choose the treated units."""
        return math.comb(self.treated + self.others, self.treated)

    @property
    def least_p(self) -> float:
        """Return the smallest p that exact randomisation inference can reach, whatever the data.

        With as many treated as others the complement of an assignment is as extreme as the assignment.
        """
        return (2.0 if self.treated == self.others else 1.0) / self.assignments

    def detectable(self, *, power: float = 0.8, alpha: float = 0.05, robust: bool = False) -> float:
        """Return the least difference in the rate that is found with this power; NaN where CR2 has no df."""
        df = self.df_robust if robust else self.df
        if not df > 0:
            return math.nan
        return minimum_detectable_effect(std_error=self.std_error, df=df, power=power, alpha=alpha)

    def detectable_per_participant(self, *, power: float = 0.8, alpha: float = 0.05, robust: bool = False) -> float:
        """Return the least effect on a participant that moves the rate by as much as is found; NaN if not known."""
        if self.exposed is None or not self.exposed > 0:
            return math.nan
        return self.detectable(power=power, alpha=alpha, robust=robust) / self.exposed
