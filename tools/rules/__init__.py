"""House rules that run: each rule is a function from the tree to what breaks it. `python -m tools.rules` prints all.

ruff, mypy and import-linter hold the rest (times without a zone, for one, are ruff's DTZ); what they can say is not
repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

from tools.rules import amounts, clocks, declared, files, migrations, tests, texts
from tools.rules.tree import Tree, Violation

Rule = Callable[[Tree], Iterator[Violation]]

RULES: MappingProxyType[str, Rule] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            files.names_say_what_is_inside,
            files.files_stay_small,
            files.nothing_prints,
            amounts.no_binary_floats,
            clocks.one_clock,
            declared.metrics_exist,
            declared.declarations_are_used,
            declared.topics_exist,
            declared.problem_codes_exist,
            declared.log_fields_are_allowed,
            declared.settings_exist,
            migrations.migrations_go_forward,
            tests.skips_have_reasons,
            texts.no_addresses_of_machines,
            texts.links_lead_somewhere,
            texts.named_files_are_there,
            texts.changelog_is_kept,
        )
    }
)
"""Every rule by name."""


def violations(tree: Tree) -> list[Violation]:
    """Everything that breaks a rule, in the order of the rules."""
    return [found for rule in RULES.values() for found in rule(tree)]
