"""What TensorFlow 1.15.5, the report's own version, computes from the report's listings.

`scripts/golden_tf115.py` is the command; `tf115.json` holds the golden values that it wrote.

* `driver`: runs a listing, unchanged, inside the environment of TensorFlow 1.15. It stands alone.
* `environment`: makes that environment, and calls the driver in it.
* `cases`, `made_up`: which settings are compared, and on which images.
* `values`: golden values as they are kept; `record` makes them.
* `repeat`: the same values from the package on the TensorFlow that is installed, and the
  difference of two.
* `document`: how far off, as numbers and as `results/TF115.md`.
"""
