"""elec576: a student's report on Rice ELEC 576, Assignment 2, run again and judged."""

__version__ = '0.1.0'
