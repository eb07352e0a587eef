"""How fast it is: four questions, a module each, which measures (`measure`) and tells (`section`).

`scripts/bench.py` is the command.

1. `listing`: how fast beside the report's listings, on today's TensorFlow and on 1.15?
2. `peers`: how fast beside PyTorch and Keras, at equal instruction sets?
3. `roofline`: how far from what the machine can do?
4. `startup`: what do the start and the memory cost?

What they share:

* `work`: what is timed, by name: settings, sizes, made-up images.
* `ways`: the same training, each in its own way: `ours`, `listing`, `torch`, `keras`.
* `worker`: a way in a process of its own, which runs steps on request.
* `kernels`: a process held to an instruction set, and what its libraries say they use.
* `floors`: the least time of an operation, from its size and the machine's measured speeds.
* `rounds`: turns, and summaries of them.
* `document`: `results/SPEED.md`, from the numbers in `results/bench.json`.
"""
