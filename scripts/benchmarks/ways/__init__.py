"""The same training, each in its own way.

Every module has `prepare(threads, isa, data)`, called once in its process, and `start(model,
variant)`, which builds and returns a function from a number of steps to their wall seconds.
"""
