"""What a run may be asked for besides its settings."""

import dataclasses

# A checkpoint is due when this many times the last one's cost has passed: about 1 % of the run.
CHECKPOINT_COSTS_APART = 100
CHECKPOINT_SECONDS_APART = 10.0


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a run; none of them but the data changes a computed number."""

    data: str | None = None
    experiment: str | None = None  # the name under which the run is started
    keep_checkpoint: bool = True  # leave the last checkpoint, to look inside the network later
    checkpoint_seconds: float | None = None  # between checkpoints; None: about 1 % of the run
    keep_every: int = 0  # steps between snapshots of the trained variables; 0: none
    events: bool = False  # write TensorBoard event files
    progress_bar: bool | None = None  # None: when standard error is a terminal


def seconds_to_next_checkpoint(cost: float) -> float:
    """Seconds from a checkpoint that took ``cost`` seconds until the next one is due."""
    return max(CHECKPOINT_SECONDS_APART, CHECKPOINT_COSTS_APART * cost)
