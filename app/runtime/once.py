"""Once: what goes wrong at every turn is said when it begins and when it becomes something else, not at every turn."""


class Once:
    """What was wrong at the last turn of something that is tried again and again."""

    def __init__(self) -> None:
        self._told: frozenset[str] = frozenset()

    def news(self, *wrong: str) -> list[str]:
        """What is wrong at this turn, one sentence for each thing; those that were not wrong at the last one."""
        told, self._told = self._told, frozenset(wrong)
        return [why for why in dict.fromkeys(wrong) if why not in told]

    def over(self) -> bool:
        """Nothing is wrong at this turn; whether anything was at the last one."""
        told, self._told = self._told, frozenset()
        return bool(told)
