"""How quantities are written. It stands alone: every run's end needs it, and no judging."""

from elec576.loops.history import layer_and_statistic


def quantity_words(quantity: str) -> str:
    """'train_accuracy' as 'train accuracy', 'h_conv1_mean' as 'h_conv1 mean'."""
    if quantity.startswith('h_conv'):
        layer, statistic = layer_and_statistic(quantity)
        return f'{layer} {statistic.replace("_", " ")}'
    return 'CPU seconds' if quantity == 'cpu_seconds' else quantity.replace('_', ' ')


def measured_words(quantity: str, step: int) -> str:
    """A quantity with its step, where the step is not simply the end."""
    words = quantity_words(quantity)
    return f'{words}, step {step}' if quantity.startswith('train_') else words
