"""The report's graphs: functions from tensors to tensors, and the two networks made of them."""
