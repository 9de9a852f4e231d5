"""The exceptions whose text people may see."""


class Refused(Exception):  # noqa: N818  it is an answer, not a fault
    """We say no to what a person asked for.

    code           stable word for programs, such as `not_allowed`
    sentence       English msgid of what the person reads; `values` fill its named gaps
    status         HTTP status of the answer
    retry_after_s  after how long asking again may help
    """

    def __init__(
        self, code: str, sentence: str, status: int = 409, *, retry_after_s: int | None = None, **values: object
    ) -> None:
        super().__init__(sentence % values if values else sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.retry_after_s = retry_after_s
        self.values = values


class Misconfigured(Exception):  # noqa: N818  a sentence for the operator
    """A setting, file or argument stops the program; the text names it and says what is expected."""
