"""Step 0 of the report's part 1b, for many seeds of each reading of what it does not say.

`scripts/step0.py` is the command; `elec576.comparison.first_steps` reads what it wrote.

* `network`: LeNet5 ready for the first batch of any seed.
* `make`: `results/step0.csv` and `step0.json`.
"""
