"""The same training, each in its own way.

Every module has

* `prepare(threads, isa, data)`, called once in its process;
* `start(model, variant)`, which builds and returns a function from a number of steps to their wall
  seconds;
* `reports(said)`, which returns what its libraries say of their instruction sets, by library;
  ``said`` is the file that the process prints to.
"""
