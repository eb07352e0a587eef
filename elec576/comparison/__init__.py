"""The report against the runs: this room judges; `elec576.telling` says, others draw.

In the order in which a number passes through:

* `results`: which finished runs are there, and are they what their folders say?
* `first_steps`: what do settings give before the first update, for many more seeds?
* `prediction`: where would one more run lie, and how does a number lie among such runs?
* `estimates`: the mean of paired differences with its interval, and the chance of an order.
* `numbers`: is each of the report's numbers compatible with our runs?
* `links`: is one experiment better than another, by the plan's looks?
* `conclusions`: do the report's sentences hold, and do its own numbers agree with them?
* `report_as_a_whole`: how does the report rank among reports made of our own runs?
* `error_rates`: how often are wrong settings found, and right ones by few runs?
* `identification`: which program printed a block of numbers?
* `readings`: does another program explain the log of run 1, or of run 3?
* `questions`: how likely is each reading of what the report leaves open?
* `comparison`: all of these as one object.
"""
