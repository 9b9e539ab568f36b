"""The pre-analysis plan as text: a target trial and its emulation, filled in from the spec, every value as it runs.

Hernán and Robins (2016), American Journal of Epidemiology 183: eligibility, strategies, assignment, time zero,
follow-up, outcomes, contrast, analysis. It is generated, so it cannot say something else than what will be run.
"""

from __future__ import annotations

import yaml

from effekt.plan.planning import Plan
from effekt.plan.telling import Words

_PARTS = (
    ("question", ("question", "primary", "estimand", "assigned_at", "level")),
    ("eligibility", ("population",)),
    ("strategies", ("treatment",)),
    ("assignment", ("comparison", "panel", "unit_weights", "exposure")),
    ("outcomes", ("outcomes", "follow_up", "sample")),
    ("covariates", ("covariates", "subgroups")),
    ("analyses", ("analyses", "variants")),
    ("checks", ("checks", "negative_controls", "concurrent", "sensitivity", "feasibility")),
    ("release", ("disclosure", "small_cells", "report")),
)


def protocol(plan: Plan, words: Words) -> bytes:
    """Return the pre-analysis plan as Markdown, UTF-8."""
    resolved, title = plan.spec.resolved, plan.spec.titled_in(words.language.code)
    lines = [
        f"# {words.say('protocol.title')}: {title}",
        "",
        words.say("protocol.note", study=plan.spec.study, digest=plan.spec.digest[:16]),
        "",
    ]
    for part, keys in _PARTS:
        held = {key: resolved[key] for key in keys if resolved.get(key) not in (None, {}, [], ())}
        if held:
            text = yaml.safe_dump(held, allow_unicode=True, sort_keys=False, width=100).rstrip()
            lines += [f"## {words.say(f'protocol.{part}')}", "", words.say(f"protocol.{part}.note"), ""]
            lines += ["```yaml", text, "```", ""]
    return "\n".join(lines).encode()
