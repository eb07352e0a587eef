"""A worker that computes nothing, and times that nobody measured."""

from benchmarks.worker import WorkerFailed


def times(seconds: float) -> dict:
    return {'median': seconds, 'low': 0.9 * seconds, 'high': 1.2 * seconds, 'rounds': 1}


class FakeWorker:
    """It needs so many seconds for a step of each variant; None: it fails."""

    def __init__(self, **seconds):
        self.seconds, self.done, self.reports = seconds, [], {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def begin(self, model, variant, steps):
        self.asked = variant, steps

    def end(self):
        variant, steps = self.asked
        if self.seconds[variant] is None:
            raise WorkerFailed('no compiler')
        self.done.append(steps)
        return self.seconds[variant] * steps
