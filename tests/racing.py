"""Several at the same moment: each in a thread with a session of its own."""

import threading
from collections.abc import Callable, Sequence

from server.errors import Refused


def at_once(attempts: Sequence[Callable[[], object]]) -> list[str]:
    """Run all of them, started together; what each answered: the code of a refusal, its text, or "done"."""
    answers: list[str] = []
    start = threading.Barrier(len(attempts))

    def run(one: Callable[[], object]) -> None:
        start.wait()
        try:
            answer = one()
            answers.append(answer if isinstance(answer, str) else "done")
        except Refused as refused:
            answers.append(refused.code)
        except Exception as error:
            answers.append(repr(error)[:200])

    threads = [threading.Thread(target=run, args=(one,)) for one in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
