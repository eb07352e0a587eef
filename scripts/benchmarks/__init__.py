"""How fast it is: the package against the report's listings, PyTorch, Keras and the machine.

`scripts/bench.py` is the command.

* `work`: what is timed, by name: settings, sizes, made-up images.
* `ways`: the same training, each in its own way: `ours`, `listing`, `torch`, `keras`; the speeds of
  the `machine`; the `stages` of a start.
* `worker`: a way in a process of its own, which runs steps on request.
* `measure`: the measurements, as numbers for JSON.
* `roofline`: the floors of operations, from timelines and the speeds of the machine.
* `speed`: the document, `results/SPEED.md`, from these numbers.
"""
