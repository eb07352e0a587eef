"""How fast it is: the package against the report's listings, PyTorch, Keras and the machine.

`scripts/bench.py` is the command. Nothing else imports this package.

* `arithmetic`: the multiply-adds of a training step, from the layers' shapes.
* `work`: what is timed, by name, and the made-up images that all are fed with.
* `ours`, `listing`, `in_torch`, `in_keras`, `sgemm`: the same work, each in its own way.
* `worker`, `remote`: every way runs in a process of its own, and does steps when it is told to.
* `timing`: rounds A B C A B C ..., medians and ranges.
* `against_listing`, `against_frameworks`, `startup`: the measurements.
* `on_tf115`: the listings on the TensorFlow that the report names, where it is installed.
* `whole_report`: what the 23 experiments take, from the measurements.
* `tables`: Markdown.
"""
